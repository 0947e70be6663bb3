using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// Makes the modules of a decoder out of its checkpoint: all weights trained, or all frozen with LoRA adapters of q, k,
/// v and o.
/// </summary>
/// <param name="parameters">The checkpoint.</param>
/// <param name="settings">The shape and start of LoRA adapters and gates.</param>
/// <param name="isWhole">Whether all weights are trained.</param>
/// <param name="generator">Chooses what begins at random.</param>
internal sealed class DecoderModules(
    DecoderParameters parameters,
    AdapterSettings settings,
    bool isWhole,
    Generator generator
)
{
    private readonly DecoderConfig _config = parameters.Config;
    private readonly Dictionary<(TensorKind Kind, int Layer), Parameter> _weights = [];

    /// <summary>The weights that are trained, as the checkpoint names them; none where all are frozen.</summary>
    public IReadOnlyDictionary<(TensorKind Kind, int Layer), Parameter> Weights => _weights;

    /// <summary>[vocabulary, hidden].</summary>
    public Tensor Embedding() => Matrix(TensorKind.Embedding, 0);

    /// <summary>The output matrix; the embedding where both are one.</summary>
    public nn.Module<Tensor, Tensor> Output()
    {
        var isTied = _config.HasTiedOutput && isWhole;
        return isTied
            ? new TrainedLinear(_weights[(TensorKind.Embedding, 0)], bias: null)
            : Linear(TensorKind.Output, bias: null, layer: 0);
    }

    /// <summary>A normalization; null where the architecture has none.</summary>
    public RmsNorm? Norm(TensorKind kind, int layer) =>
        Vector(kind, layer) is { } gamma ? new RmsNorm(gamma, _config.RmsNormEpsilon) : null;

    /// <summary>A layer.</summary>
    public DecoderLayer Layer(int layer, RotaryEmbedding rotary)
    {
        var projections = new Dictionary<AttentionProjection, nn.Module<Tensor, Tensor>>
        {
            [AttentionProjection.Query] = Adapted(TensorKind.Query, TensorKind.QueryBias, layer),
            [AttentionProjection.Key] = Adapted(TensorKind.Key, TensorKind.KeyBias, layer),
            [AttentionProjection.Value] = Adapted(TensorKind.Value, TensorKind.ValueBias, layer),
            [AttentionProjection.Output] = Adapted(TensorKind.AttentionOutput, TensorKind.AttentionOutputBias, layer),
        };
        var hasMemory = settings.Layers?.Contains(layer) ?? true;
        return new DecoderLayer(
            Norm(TensorKind.AttentionNorm, layer)!,
            new InfiniAttention(
                _config,
                layer,
                settings.Rule,
                rotary,
                projections,
                (Norm(TensorKind.QueryNorm, layer), Norm(TensorKind.KeyNorm, layer)),
                hasMemory ? settings.StartingBetas(_config.HeadCount) : null
            ),
            Norm(TensorKind.FeedForwardNorm, layer)!,
            new FeedForward(
                Linear(TensorKind.Gate, TensorKind.GateBias, layer),
                Linear(TensorKind.Up, TensorKind.UpBias, layer),
                Linear(TensorKind.Down, TensorKind.DownBias, layer)
            ),
            _config.ResidualScale
        );
    }

    private nn.Module<Tensor, Tensor> Linear(TensorKind kind, TensorKind? bias, int layer) =>
        isWhole
            ? new TrainedLinear(
                (Parameter)Matrix(kind, layer),
                bias is { } trained ? (Parameter?)Vector(trained, layer) : null
            )
            : Frozen(kind, bias, layer);

    private nn.Module<Tensor, Tensor> Adapted(TensorKind kind, TensorKind bias, int layer) =>
        isWhole
            ? Linear(kind, bias, layer)
            : new LoraLinear(Frozen(kind, bias, layer), settings.Rank, settings.Alpha, generator);

    private FrozenLinear Frozen(TensorKind kind, TensorKind? bias, int layer)
    {
        var added = bias is { } vector ? parameters.ReadVector(vector, layer) : [];
        if (!settings.IsByLayer)
        {
            return new FrozenLinear(parameters.ReadMatrix(kind, layer), added, settings.IsHalf);
        }

        var (outputs, inputs) = parameters.ShapeOf(kind, layer);
        return new FrozenLinear(outputs, inputs, values => parameters.ReadMatrix(kind, layer, values.Span), added);
    }

    private Tensor Matrix(TensorKind kind, int layer)
    {
        var (values, outputs, inputs) = parameters.ReadMatrix(kind, layer);
        return Trained(kind, layer, tensor(values, [outputs, inputs]));
    }

    private Tensor? Vector(TensorKind kind, int layer) =>
        parameters.ReadVector(kind, layer) is { Length: > 0 } values ? Trained(kind, layer, tensor(values)) : null;

    private Tensor Trained(TensorKind kind, int layer, Tensor values)
    {
        if (!isWhole)
        {
            return values;
        }

        var parameter = new Parameter(values);
        _weights.Add((kind, layer), parameter);
        return parameter;
    }
}
