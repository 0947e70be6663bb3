using McpLongContext.Inference.EncoderDecoders;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>An encoder-decoder of the families T5 and BART, all of whose weights are trained.</summary>
internal sealed class EncoderDecoderModel : nn.Module
{
    private readonly Parameter _embedding; // [vocabulary, hidden]
    private readonly TransformerStack _encoder;
    private readonly TransformerStack _decoder;
    private readonly TrainedLinear _output;

    private EncoderDecoderModel(EncoderDecoderConfig config, EncoderDecoderModules modules)
        : base(nameof(EncoderDecoderModel))
    {
        Config = config;
        _embedding = modules.Embedding();
        _encoder = modules.Stack(isDecoder: false);
        _decoder = modules.Stack(isDecoder: true);
        _output = modules.Output(_embedding);
        Weights = modules.Weights;
        RelativePositions = modules.RelativePositions;
        RegisterComponents();
    }

    public EncoderDecoderConfig Config { get; }

    /// <summary>The weights by the names that the checkpoint has.</summary>
    public IReadOnlyDictionary<string, Parameter> Weights { get; }

    /// <summary>Those of the weights that are tables of relative positions, [buckets, heads].</summary>
    public IReadOnlyList<Parameter> RelativePositions { get; }

    /// <summary>Reads a model.</summary>
    /// <param name="folder">As <see cref="EncoderDecoder.Load"/> takes it.</param>
    /// <exception cref="Inference.Checkpoints.CheckpointException">There is no model, or none that is
    /// supported.</exception>
    public static EncoderDecoderModel Load(string folder)
    {
        using var parameters = EncoderDecoderParameters.Open(folder);
        var weights = new CheckpointWeights(parameters);
        return new(parameters.Config, new EncoderDecoderModules(parameters.Config, parameters.Names, weights));
    }

    /// <summary>Begins a model of random weights.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="seed">Chooses the weights.</param>
    public static EncoderDecoderModel Create(EncoderDecoderConfig config, int seed) =>
        new(
            config,
            new EncoderDecoderModules(config, EncoderDecoderConfigWriter.NamesOf(config), new RandomWeights(seed))
        );

    /// <summary>Encodes windows of a source.</summary>
    /// <param name="tokens">[windows, tokens], int64.</param>
    /// <returns>[windows, tokens, hidden].</returns>
    public Tensor Encode(Tensor tokens) => _encoder.Forward(Embed(tokens));

    /// <summary>The scores of every token to come next, after each token of targets.</summary>
    /// <param name="targets">[targets, tokens], int64, from the token that begins a target on.</param>
    /// <param name="source">[source tokens, hidden], the encoder's states of the one source of all targets.</param>
    /// <param name="selection">The tokens of the source that are seen.</param>
    /// <returns>[targets, tokens, vocabulary].</returns>
    public Tensor Logits(Tensor targets, Tensor source, ISourceSelection selection) =>
        _output.forward(_decoder.Forward(Embed(targets), source, selection) * Config.OutputScale);

    private Tensor Embed(Tensor tokens) =>
        _embedding.index_select(0, tokens.flatten()).reshape([.. tokens.shape, Config.HiddenSize])
        * Config.EmbeddingScale;
}
