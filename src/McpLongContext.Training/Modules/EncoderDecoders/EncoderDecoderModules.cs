using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.EncoderDecoders.Families;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>
/// Makes the modules of an encoder-decoder, all of whose weights are trained. New weights are as large as those of T5
/// (Raffel et al., arXiv 1910.10683, which has no scale of attention) or of BART (Lewis et al., arXiv 1910.13461). Equal
/// texts on both sides attend to each other from the start: the decoder's self-attention begins as the encoder's (as in
/// Rothe et al., arXiv 1907.12461), the queries of cross-attention as its keys, and near tokens are seen best. What is
/// attended to is copied: output projections begin as the transposes of value projections.
/// </summary>
/// <param name="config">The configuration.</param>
/// <param name="names">The names of the tensors.</param>
/// <param name="source">The weights.</param>
internal sealed class EncoderDecoderModules(EncoderDecoderConfig config, IFamilyNames names, IWeightSource source)
{
    /// <summary>The deviation of all matrices of BART.</summary>
    private const double Deviation = 0.02;

    private readonly Dictionary<string, Parameter> _weights = [];

    /// <summary>The weights by the names that the checkpoint has.</summary>
    public IReadOnlyDictionary<string, Parameter> Weights => _weights;

    /// <summary>The tables of relative positions of the stacks that were made.</summary>
    public List<Parameter> RelativePositions { get; } = [];

    /// <summary>[vocabulary, hidden].</summary>
    public Parameter Embedding() =>
        Weight(
            $"{names.Embedding}.weight",
            [config.VocabularySize, config.HiddenSize],
            new WeightStart(0, config.IsPreNorm ? 1 : Deviation)
        );

    /// <summary>hidden to vocabulary, by the embedding where both are one.</summary>
    public TrainedLinear Output(Parameter embedding) =>
        new(
            config.HasTiedOutput
                ? embedding
                : Weight(
                    $"{names.Output}.weight",
                    [config.VocabularySize, config.HiddenSize],
                    Spread(config.HiddenSize)
                ),
            names.OutputBias is { } bias ? Weight(bias, [1, config.VocabularySize], WeightStart.Zero) : null
        );

    /// <summary>The encoder or the decoder.</summary>
    public TransformerStack Stack(bool isDecoder)
    {
        var stack = isDecoder ? config.Decoder : config.Encoder;
        var named = names.Stack(isDecoder);
        var (learned, relative) = Positions(stack, $"{named.Positions}.weight", isDecoder);
        return new TransformerStack(
            learned,
            config.PositionOffset,
            new PositionBias(relative, config.RelativePositions, isDecoder),
            Enumerable.Range(0, stack.LayerCount).Select(layer => Layer(stack, named, layer)),
            (
                named.EmbeddingNorm is { } input ? Norm(input) : null,
                named.OutputNorm is { } output ? Norm(output) : null
            )
        );
    }

    /// <summary>The table of positions: learned ones, or biases of relative ones.</summary>
    private (Parameter? Learned, Parameter? Relative) Positions(StackConfig stack, string name, bool isDecoder)
    {
        if (config.RelativePositions is not { } relative)
        {
            int[] shape = [config.MaxPositions + config.PositionOffset, config.HiddenSize];
            return (Weight(name, shape, Spread(config.HiddenSize, "positions")), null);
        }

        var start = new WeightStart(0, 0, Means: PositionBias.Slopes(relative, stack.HeadCount, isDecoder));
        var table = Weight(name, [relative.Buckets, stack.HeadCount], start);
        RelativePositions.Add(table);
        return (null, table);
    }

    private StackLayer Layer(StackConfig stack, StackNames named, int layer) =>
        new(
            Attention(stack, named.SelfAttention(layer), part => $"self-attention {layer}, {part}"),
            named.CrossAttention is { } cross
                ? Attention(
                    stack,
                    cross(layer),
                    part => $"cross-attention {layer}, {(part is "query" or "key" ? "match" : part)}"
                )
                : null,
            FeedForward(stack, named.FeedForward(layer))
        );

    /// <summary>An attention sublayer.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="named">The names of the tensors.</param>
    /// <param name="alike">Which tensors begin alike, by the part they have in attention.</param>
    private Sublayer<HeadAttention> Attention(StackConfig stack, AttentionNames named, Func<string, string> alike)
    {
        var (inner, hidden) = (stack.InnerSize, config.HiddenSize);
        // Without a scale of the products, queries begin so much smaller.
        var query = config.AttentionScale is null ? hidden : hidden * stack.HeadDim;
        var attention = new HeadAttention(
            (
                Linear(named.Query, inner, hidden, Spread(query, alike("query"))),
                Linear(named.Key, inner, hidden, Spread(hidden, alike("key"))),
                Linear(named.Value, inner, hidden, Spread(hidden, alike("value"))),
                Linear(named.Output, hidden, inner, Spread(inner, alike("value")) with { IsTransposed = true })
            ),
            stack.HeadCount,
            config.AttentionScale ?? 1 / Math.Sqrt(stack.HeadDim)
        );
        return new Sublayer<HeadAttention>(Norm(named.Norm), attention, config.IsPreNorm);
    }

    private Sublayer<FeedForwardNetwork> FeedForward(StackConfig stack, FeedForwardNames named)
    {
        var (inner, hidden) = (stack.IntermediateSize, config.HiddenSize);
        var network = new FeedForwardNetwork(
            config.FeedForward == FeedForwardFunction.GatedTanhGelu
                ? Linear(named.Gate, inner, hidden, Spread(hidden))
                : null,
            Linear(named.Up, inner, hidden, Spread(hidden)),
            Linear(named.Down, hidden, inner, Spread(inner)),
            config.FeedForward
        );
        return new Sublayer<FeedForwardNetwork>(Norm(named.Norm), network, config.IsPreNorm);
    }

    private TrainedLinear Linear(string name, int outputs, int inputs, WeightStart start) =>
        new(
            Weight($"{name}.weight", [outputs, inputs], start),
            config.HasBias ? Weight($"{name}.bias", [outputs], WeightStart.Zero) : null
        );

    private nn.Module<Tensor, Tensor> Norm(string name)
    {
        var gamma = Weight($"{name}.weight", [config.HiddenSize], WeightStart.One);
        return config.IsPreNorm
            ? new RmsNorm(gamma, config.NormEpsilon)
            : new LayerNorm(gamma, Weight($"{name}.bias", [config.HiddenSize], WeightStart.Zero), config.NormEpsilon);
    }

    private WeightStart Spread(int inputs, string? alike = null) =>
        new(0, config.IsPreNorm ? 1 / Math.Sqrt(inputs) : Deviation, alike);

    private Parameter Weight(string name, int[] shape, WeightStart start)
    {
        var values = tensor(source.Read(name, shape, start)).reshape([.. shape.Select(one => (long)one)]);
        var parameter = new Parameter(values);
        _weights.Add(name, parameter);
        return parameter;
    }
}
