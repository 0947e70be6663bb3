using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama.Checkpoints;
using McpLongContext.Kernels;

namespace McpLongContext.Inference.Llama;

/// <summary>
/// The weights of a decoder: matrices packed for the products, vectors in fp32. The embedding stays in the checkpoint, from
/// which the rows of the tokens are read. Immutable.
/// </summary>
internal sealed class LlamaWeights : IDisposable
{
    private readonly LlamaCheckpoint _checkpoint;
    private readonly MatrixReader _embedding;

    private LlamaWeights(LlamaCheckpoint checkpoint, Precision precision, WorkerTeam team)
    {
        _checkpoint = checkpoint;
        var config = checkpoint.Config;
        _embedding = checkpoint.Matrix(TensorKind.Embedding, 0, config.VocabularySize, config.HiddenSize);
        OutputNorm = checkpoint.ReadVector(TensorKind.OutputNorm, 0, config.HiddenSize);
        var output = config.HasTiedOutput
            ? _embedding
            : checkpoint.Matrix(TensorKind.Output, 0, config.VocabularySize, config.HiddenSize);
        Layers = new LlamaLayer[config.LayerCount];
        for (var layer = 0; layer < Layers.Length; layer++)
            Layers[layer] = ReadLayer(checkpoint, layer, precision, team);
        Output = Pack(output, precision, team);
        checkpoint.RequireNothingLeft();
    }

    /// <summary>From the first to the last.</summary>
    public LlamaLayer[] Layers { get; }

    /// <summary>[hidden].</summary>
    public float[] OutputNorm { get; }

    /// <summary>[vocabulary, hidden].</summary>
    public IWeightMatrix Output { get; }

    /// <summary>Reads and packs all weights, and takes over the checkpoint.</summary>
    /// <exception cref="Inference.Checkpoints.CheckpointException">
    /// A tensor is missing, of another shape, of a type that is not supported, or no part of the architecture.
    /// </exception>
    public static LlamaWeights Load(LlamaCheckpoint checkpoint, Precision precision, WorkerTeam team)
    {
        try
        {
            return new LlamaWeights(checkpoint, precision, team);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Reads the embedding of a token.</summary>
    /// <param name="token">A token of the vocabulary.</param>
    /// <param name="state">[hidden].</param>
    public void Embed(int token, Span<float> state) => _embedding.Read(token, state);

    /// <inheritdoc />
    public void Dispose() => _checkpoint.Dispose();

    private static LlamaLayer ReadLayer(LlamaCheckpoint checkpoint, int layer, Precision precision, WorkerTeam team)
    {
        var config = checkpoint.Config;
        var (hidden, intermediate) = (config.HiddenSize, config.IntermediateSize);
        var (queries, keys) = (config.QuerySize, config.KeyValueSize);
        return new LlamaLayer
        {
            AttentionNorm = checkpoint.ReadVector(TensorKind.AttentionNorm, layer, hidden),
            Query = Matrix(TensorKind.Query, queries, hidden),
            Key = Matrix(TensorKind.Key, keys, hidden),
            Value = Matrix(TensorKind.Value, keys, hidden),
            QueryBias = HeadVector(TensorKind.QueryBias, config.HasQueryKeyValueBias, queries),
            KeyBias = HeadVector(TensorKind.KeyBias, config.HasQueryKeyValueBias, keys),
            ValueBias = Vector(TensorKind.ValueBias, config.HasQueryKeyValueBias, keys),
            QueryNorm = HeadVector(TensorKind.QueryNorm, config.HasQueryKeyNorm, config.HeadDim),
            KeyNorm = HeadVector(TensorKind.KeyNorm, config.HasQueryKeyNorm, config.HeadDim),
            AttentionOutput = Matrix(TensorKind.AttentionOutput, hidden, queries),
            AttentionOutputBias = Vector(TensorKind.AttentionOutputBias, config.HasAttentionOutputBias, hidden),
            FeedForwardNorm = checkpoint.ReadVector(TensorKind.FeedForwardNorm, layer, hidden),
            Gate = Matrix(TensorKind.Gate, intermediate, hidden),
            Up = Matrix(TensorKind.Up, intermediate, hidden),
            Down = Matrix(TensorKind.Down, hidden, intermediate),
        };

        IWeightMatrix Matrix(TensorKind kind, int outputs, int inputs) =>
            Pack(checkpoint.Matrix(kind, layer, outputs, inputs), precision, team);

        float[] Vector(TensorKind kind, bool exists, int length) =>
            exists ? checkpoint.ReadVector(kind, layer, length) : [];

        float[] HeadVector(TensorKind kind, bool exists, int length) =>
            exists ? checkpoint.ReadHeadVector(kind, layer, length) : [];
    }

    private static IWeightMatrix Pack(MatrixReader matrix, Precision precision, WorkerTeam team)
    {
        switch (precision)
        {
            case Precision.Float32:
                var weights = new float[checked(matrix.Outputs * matrix.Inputs)];
                team.RunRows(
                    matrix.Outputs,
                    (first, count) => matrix.Read(first, weights.AsSpan(first * matrix.Inputs, count * matrix.Inputs))
                );
                return new Float32Matrix(PackedMatrix.Pack(weights, matrix.Outputs, matrix.Inputs));
            case Precision.Int8:
                return new Int8Matrix(PackInt8(matrix, team));
            default:
                throw new ArgumentOutOfRangeException(nameof(precision), precision, "Expected Float32 or Int8.");
        }
    }

    private static Int8BlockMatrix PackInt8(MatrixReader matrix, WorkerTeam team)
    {
        var packed = new Int8BlockMatrix(matrix.Outputs, matrix.Inputs);
        team.RunRows(
            packed.Panels,
            (first, count) =>
            {
                var buffer = new float[Int8BlockMatrix.PanelOutputs * matrix.Inputs];
                for (var panel = first; panel < first + count; panel++)
                {
                    var output = panel * Int8BlockMatrix.PanelOutputs;
                    var outputs = Math.Min(Int8BlockMatrix.PanelOutputs, matrix.Outputs - output);
                    var rows = buffer.AsSpan(0, outputs * matrix.Inputs);
                    matrix.Read(output, rows);
                    packed.SetPanel(panel, rows);
                }
            }
        );
        return packed;
    }
}
