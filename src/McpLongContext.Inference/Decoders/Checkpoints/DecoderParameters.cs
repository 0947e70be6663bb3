namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// The parameters of a decoder in fp32, tensor by tensor, as training needs them. Rows of the query and key
/// projections, and their biases, are in the order of pairs (i, i + headDim / 2), whatever the file has.
/// </summary>
public sealed class DecoderParameters : IDisposable
{
    private readonly DecoderCheckpoint _checkpoint;

    private DecoderParameters(DecoderCheckpoint checkpoint) => _checkpoint = checkpoint;

    /// <summary>Dimensions and switches.</summary>
    public DecoderConfig Config => _checkpoint.Config;

    /// <summary>Opens a model.</summary>
    /// <param name="path">As <see cref="Decoder.Load"/> takes it.</param>
    /// <exception cref="Inference.Checkpoints.CheckpointException">There is no model, or none that is
    /// supported.</exception>
    public static DecoderParameters Open(string path) => new(DecoderCheckpoint.Open(path));

    /// <summary>Reads a matrix.</summary>
    /// <param name="kind">A matrix of the architecture; <see cref="TensorKind.Output"/> is the embedding where both are
    /// one.</param>
    /// <param name="layer">The layer, 0 for what is none.</param>
    /// <returns>The elements, row by row, and the shape [outputs, inputs].</returns>
    /// <exception cref="Inference.Checkpoints.CheckpointException">
    /// The matrix is missing or of another shape.
    /// </exception>
    public (float[] Values, int Outputs, int Inputs) ReadMatrix(TensorKind kind, int layer = 0)
    {
        var matrix = _checkpoint.Matrix(MatrixOf(kind, layer));
        var values = new float[checked(matrix.Outputs * matrix.Inputs)];
        matrix.Read(0, values);
        return (values, matrix.Outputs, matrix.Inputs);
    }

    /// <summary>Reads a matrix into memory that may be used again.</summary>
    /// <param name="kind">A matrix of the architecture.</param>
    /// <param name="layer">The layer, 0 for what is none.</param>
    /// <param name="values">[outputs, inputs], as <see cref="ShapeOf"/> gives them.</param>
    /// <exception cref="Inference.Checkpoints.CheckpointException">
    /// The matrix is missing or of another shape.
    /// </exception>
    public void ReadMatrix(TensorKind kind, int layer, Span<float> values) =>
        _checkpoint.Matrix(MatrixOf(kind, layer)).Read(0, values);

    /// <summary>The shape of a matrix, without reading it.</summary>
    /// <param name="kind">A matrix of the architecture.</param>
    /// <param name="layer">The layer, 0 for what is none.</param>
    public (int Outputs, int Inputs) ShapeOf(TensorKind kind, int layer = 0)
    {
        var matrix = MatrixOf(kind, layer);
        return (matrix.Outputs, matrix.Inputs);
    }

    /// <summary>Reads a vector.</summary>
    /// <param name="kind">A vector of the architecture.</param>
    /// <param name="layer">The layer, 0 for what is none.</param>
    /// <returns>The elements; empty for what this architecture does not have.</returns>
    /// <exception cref="Inference.Checkpoints.CheckpointException">
    /// The vector is missing or of another shape.
    /// </exception>
    public float[] ReadVector(TensorKind kind, int layer = 0) =>
        kind switch
        {
            TensorKind.OutputNorm or TensorKind.AttentionNorm or TensorKind.FeedForwardNorm => _checkpoint.ReadVector(
                kind,
                layer,
                Config.HiddenSize
            ),
            TensorKind.QueryBias when Config.HasQueryKeyValueBias => _checkpoint.ReadHeadVector(
                kind,
                layer,
                Config.QuerySize
            ),
            TensorKind.KeyBias when Config.HasQueryKeyValueBias => _checkpoint.ReadHeadVector(
                kind,
                layer,
                Config.KeyValueSize
            ),
            TensorKind.ValueBias when Config.HasQueryKeyValueBias => _checkpoint.ReadVector(
                kind,
                layer,
                Config.KeyValueSize
            ),
            TensorKind.QueryNorm or TensorKind.KeyNorm when Config.HasQueryKeyNorm => _checkpoint.ReadHeadVector(
                kind,
                layer,
                Config.HeadDim
            ),
            TensorKind.AttentionOutputBias when Config.HasAttentionOutputBias => _checkpoint.ReadVector(
                kind,
                layer,
                Config.HiddenSize
            ),
            TensorKind.GateBias or TensorKind.UpBias when Config.HasFeedForwardBias => _checkpoint.ReadVector(
                kind,
                layer,
                Config.IntermediateSize
            ),
            TensorKind.DownBias when Config.HasFeedForwardBias => _checkpoint.ReadVector(
                kind,
                layer,
                Config.HiddenSize
            ),
            TensorKind.GateBias
            or TensorKind.UpBias
            or TensorKind.DownBias
            or TensorKind.QueryBias
            or TensorKind.KeyBias
            or TensorKind.ValueBias
            or TensorKind.QueryNorm
            or TensorKind.KeyNorm
            or TensorKind.AttentionOutputBias => [],
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Expected a vector."),
        };

    /// <inheritdoc />
    public void Dispose() => _checkpoint.Dispose();

    private DecoderMatrix MatrixOf(TensorKind kind, int layer) =>
        kind == TensorKind.Output ? DecoderMatrix.OutputOf(Config) : DecoderMatrix.Of(Config, kind, layer);
}
