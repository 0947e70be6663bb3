using McpLongContext.Inference.Decoders.Checkpoints;

namespace McpLongContext.Inference.Decoders;

/// <summary>A weight matrix of a decoder: which one it is, and its shape.</summary>
/// <param name="Kind">The matrix's place in the architecture.</param>
/// <param name="Layer">The layer, 0 for what is none.</param>
/// <param name="Outputs">Rows.</param>
/// <param name="Inputs">Columns.</param>
internal readonly record struct DecoderMatrix(TensorKind Kind, int Layer, int Outputs, int Inputs)
{
    private static readonly TensorKind[] s_ofLayer =
    [
        TensorKind.Query,
        TensorKind.Key,
        TensorKind.Value,
        TensorKind.AttentionOutput,
        TensorKind.Gate,
        TensorKind.Up,
        TensorKind.Down,
    ];

    /// <summary>A matrix of a decoder with this configuration.</summary>
    public static DecoderMatrix Of(DecoderConfig config, TensorKind kind, int layer = 0)
    {
        var (outputs, inputs) = kind switch
        {
            TensorKind.Embedding or TensorKind.Output => (config.VocabularySize, config.HiddenSize),
            TensorKind.Query => (config.QuerySize, config.HiddenSize),
            TensorKind.Key or TensorKind.Value => (config.KeyValueSize, config.HiddenSize),
            TensorKind.AttentionOutput => (config.HiddenSize, config.QuerySize),
            TensorKind.Gate or TensorKind.Up => (config.IntermediateSize, config.HiddenSize),
            TensorKind.Down => (config.HiddenSize, config.IntermediateSize),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Expected a matrix."),
        };
        return new DecoderMatrix(kind, layer, outputs, inputs);
    }

    /// <summary>The output matrix: the embedding where both are one.</summary>
    public static DecoderMatrix OutputOf(DecoderConfig config) =>
        Of(config, config.HasTiedOutput ? TensorKind.Embedding : TensorKind.Output);

    /// <summary>All that states are multiplied by, layer after layer, the output matrix last.</summary>
    public static IReadOnlyList<DecoderMatrix> All(DecoderConfig config) =>
        [
            .. Enumerable
                .Range(0, config.LayerCount)
                .SelectMany(layer => s_ofLayer.Select(kind => Of(config, kind, layer))),
            OutputOf(config),
        ];
}
