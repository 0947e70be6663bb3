using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// The weights of a decoder: matrices packed for the products, vectors in fp32. The embedding stays in the checkpoint,
/// from which the rows of the tokens are read. Immutable.
/// </summary>
internal sealed class DecoderWeights : IDisposable
{
    private readonly DecoderCheckpoint _checkpoint;
    private readonly MatrixReader _embedding;
    private readonly PackedWeights? _packed;

    private DecoderWeights(
        DecoderCheckpoint checkpoint,
        MatrixReader embedding,
        IReadOnlyDictionary<DecoderMatrix, IWeightMatrix> matrices,
        PackedWeights? packed
    )
    {
        _checkpoint = checkpoint;
        _embedding = embedding;
        _packed = packed;
        var config = checkpoint.Config;
        OutputNorm = checkpoint.ReadVector(TensorKind.OutputNorm, 0, config.HiddenSize);
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(layer => ReadLayer(checkpoint, layer, matrices))];
        Output = matrices[DecoderMatrix.OutputOf(config)];
    }

    private DecoderWeights(DecoderWeights other, DecoderLayer[] layers)
    {
        (_checkpoint, _embedding) = (other._checkpoint, other._embedding);
        (OutputNorm, Output, Layers) = (other.OutputNorm, other.Output, layers);
    }

    /// <summary>The settings of the checkpoint that were ignored.</summary>
    public IReadOnlyList<string> Warnings => _checkpoint.Warnings;

    /// <summary>From the first to the last.</summary>
    public DecoderLayer[] Layers { get; }

    /// <summary>[hidden].</summary>
    public float[] OutputNorm { get; }

    /// <summary>[vocabulary, hidden].</summary>
    public IWeightMatrix Output { get; }

    /// <summary>Reads and packs all weights, and takes over the checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="threadPool">Packs.</param>
    /// <param name="cache">Where weights in int8 are kept; null: nowhere.</param>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, of another shape, of a type that is not supported, no part of the architecture, or not
    /// finite.
    /// </exception>
    public static DecoderWeights Load(
        DecoderCheckpoint checkpoint,
        Precision precision,
        ComputeThreadPool threadPool,
        WeightCache? cache
    )
    {
        PackedWeights? packed = null;
        try
        {
            var config = checkpoint.Config;
            var embedding = checkpoint.Matrix(DecoderMatrix.Of(config, TensorKind.Embedding));
            var all = DecoderMatrix.All(config);
            MatrixReader[] readers = [.. all.Select(checkpoint.Matrix)];
            packed =
                precision == Precision.Int8 && cache is not null ? PackedWeights.Map(cache, readers, threadPool) : null;
            if (packed is null)
            {
                // What was kept was read whole before; the embedding of an untied model is read row by row later.
                if (!config.HasTiedOutput)
                {
                    RequireFinite(embedding, threadPool);
                }

                if (precision == Precision.Int8 && cache is not null)
                {
                    packed = PackedWeights.Write(cache, readers, threadPool);
                }
            }

            var matrices = packed is null
                ? readers.Select(matrix => Pack(matrix, precision, threadPool))
                : packed.Matrices.Select(matrix => new Int8Matrix(matrix));
            var weights = new DecoderWeights(
                checkpoint,
                embedding,
                all.Zip(matrices).ToDictionary(pair => pair.First, pair => pair.Second),
                packed
            );
            checkpoint.RequireNothingLeft();
            return weights;
        }
        catch (Exception error)
        {
            packed?.Dispose();
            checkpoint.Dispose();
            // What threads that pack have found: the first of it, whichever came upon it first.
            if (
                error is AggregateException several
                && several.InnerExceptions.OfType<CheckpointException>().MinBy(one => one.Message) is { } damage
            )
            {
                throw damage;
            }

            throw;
        }
    }

    /// <summary>Reads a matrix and forgets it.</summary>
    /// <exception cref="AggregateException">An element is not finite.</exception>
    private static void RequireFinite(MatrixReader matrix, ComputeThreadPool threadPool) =>
        threadPool.RunRows(
            matrix.Outputs,
            (first, count) =>
            {
                var row = new float[matrix.Inputs];
                for (var i = first; i < first + count; i++)
                {
                    matrix.Read(i, row);
                }
            }
        );

    /// <summary>The same weights with LoRA adapters; the checkpoint and all matrices are shared.</summary>
    /// <exception cref="ArgumentException">A change does not fit.</exception>
    public DecoderWeights With(IReadOnlyList<LoraAdapter> changes)
    {
        var layers = (DecoderLayer[])Layers.Clone();
        foreach (var change in changes)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(
                (uint)change.Layer,
                (uint)layers.Length,
                nameof(changes)
            );
            layers[change.Layer] = layers[change.Layer].With(change);
        }

        return new DecoderWeights(this, layers);
    }

    /// <summary>Reads the embedding of a token.</summary>
    /// <param name="token">A token of the vocabulary.</param>
    /// <param name="state">[hidden].</param>
    public void Embed(int token, Span<float> state) => _embedding.Read(token, state);

    /// <inheritdoc />
    public void Dispose()
    {
        _packed?.Dispose();
        _checkpoint.Dispose();
    }

    private static DecoderLayer ReadLayer(
        DecoderCheckpoint checkpoint,
        int layer,
        IReadOnlyDictionary<DecoderMatrix, IWeightMatrix> matrices
    )
    {
        var config = checkpoint.Config;
        var (hidden, queries, keys) = (config.HiddenSize, config.QuerySize, config.KeyValueSize);
        return new DecoderLayer
        {
            AttentionNorm = checkpoint.ReadVector(TensorKind.AttentionNorm, layer, hidden),
            Query = Matrix(TensorKind.Query),
            Key = Matrix(TensorKind.Key),
            Value = Matrix(TensorKind.Value),
            QueryBias = HeadVector(TensorKind.QueryBias, config.HasQueryKeyValueBias, queries),
            KeyBias = HeadVector(TensorKind.KeyBias, config.HasQueryKeyValueBias, keys),
            ValueBias = Vector(TensorKind.ValueBias, config.HasQueryKeyValueBias, keys),
            QueryNorm = HeadVector(TensorKind.QueryNorm, config.HasQueryKeyNorm, config.HeadDim),
            KeyNorm = HeadVector(TensorKind.KeyNorm, config.HasQueryKeyNorm, config.HeadDim),
            AttentionOutput = Matrix(TensorKind.AttentionOutput),
            AttentionOutputBias = Vector(TensorKind.AttentionOutputBias, config.HasAttentionOutputBias, hidden),
            FeedForwardNorm = checkpoint.ReadVector(TensorKind.FeedForwardNorm, layer, hidden),
            Gate = Matrix(TensorKind.Gate),
            GateBias = Vector(TensorKind.GateBias, config.HasFeedForwardBias, config.IntermediateSize),
            Up = Matrix(TensorKind.Up),
            UpBias = Vector(TensorKind.UpBias, config.HasFeedForwardBias, config.IntermediateSize),
            Down = Matrix(TensorKind.Down),
            DownBias = Vector(TensorKind.DownBias, config.HasFeedForwardBias, hidden),
        };

        IWeightMatrix Matrix(TensorKind kind) => matrices[DecoderMatrix.Of(config, kind, layer)];

        float[] Vector(TensorKind kind, bool exists, int length) =>
            exists ? checkpoint.ReadVector(kind, layer, length) : [];

        float[] HeadVector(TensorKind kind, bool exists, int length) =>
            exists ? checkpoint.ReadHeadVector(kind, layer, length) : [];
    }

    /// <summary>Packs a matrix for an arithmetic.</summary>
    internal static IWeightMatrix Pack(MatrixReader matrix, Precision precision, ComputeThreadPool threadPool)
    {
        switch (precision)
        {
            case Precision.Float32:
                var weights = new float[checked(matrix.Outputs * matrix.Inputs)];
                threadPool.RunRows(
                    matrix.Outputs,
                    (first, count) => matrix.Read(first, weights.AsSpan(first * matrix.Inputs, count * matrix.Inputs))
                );
                return new Float32Matrix(PackedMatrix.Pack(weights, matrix.Outputs, matrix.Inputs));
            case Precision.Int8:
                return new Int8Matrix(PackedWriter.Pack(matrix, threadPool));
            default:
                throw new ArgumentOutOfRangeException(nameof(precision), precision, "Expected Float32 or Int8.");
        }
    }
}
