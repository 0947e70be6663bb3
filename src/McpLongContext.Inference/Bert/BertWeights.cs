using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Bert;

/// <summary>The scale and shift of a layer normalization.</summary>
/// <param name="Gamma">[hidden].</param>
/// <param name="Beta">[hidden].</param>
internal sealed record Norm(float[] Gamma, float[] Beta);

/// <summary>The weights of one transformer layer.</summary>
internal sealed record BertLayer
{
    /// <summary>hidden -> [3, heads, headDim]: queries, keys and values.</summary>
    public required ILinear QueryKeyValue { get; init; }

    /// <summary>hidden -> hidden, after the attention.</summary>
    public required ILinear AttentionOutput { get; init; }

    public required Norm AttentionNorm { get; init; }

    /// <summary>hidden -> intermediate.</summary>
    public required ILinear Intermediate { get; init; }

    /// <summary>intermediate -> hidden.</summary>
    public required ILinear Output { get; init; }

    public required Norm OutputNorm { get; init; }
}

/// <summary>
/// The weights of a BERT encoder. The word embeddings, half of a small model, stay in the file and are read row by row.
/// Immutable and thread-safe.
/// </summary>
internal sealed class BertWeights : IDisposable
{
    private const string WordEmbeddings = "embeddings.word_embeddings.weight";

    private readonly SafetensorsFile _file;
    private readonly float[] _positions; // [positions, hidden], with the embedding of the only type in use added
    private readonly int _trainedPositions;
    private readonly int _types;
    private readonly int _hidden;

    private BertWeights(SafetensorsFile file, BertConfig config, Precision precision, EncoderAdapter? adapter)
    {
        _file = file;
        _hidden = config.HiddenSize;
        _trainedPositions = config.MaxPositions;
        _types = config.TypeCount;
        Precision = precision;
        file.Require(WordEmbeddings, config.VocabularySize, config.HiddenSize);
        _positions = AddType(ReadTrainedPositions());
        EmbeddingNorm = ReadNorm(file, "embeddings.LayerNorm", config);
        Layers =
        [
            .. Enumerable.Range(0, config.LayerCount).Select(i => ReadLayer(file, i, config, precision, adapter)),
        ];
        EmbeddingSize = _hidden;
        if (adapter?.Projection is { IsEmpty: false } projection)
        {
            EmbeddingSize = projection.Length / _hidden;
            Projection = Linear.Create(projection.Span, new float[EmbeddingSize], Precision.Float32);
        }
    }

    private BertWeights(BertWeights trained, ReadOnlySpan<float> positions)
    {
        (_file, _hidden) = (trained._file, trained._hidden);
        (_trainedPositions, _types) = (trained._trainedPositions, trained._types);
        (Precision, EmbeddingNorm, Layers) = (trained.Precision, trained.EmbeddingNorm, trained.Layers);
        (Projection, EmbeddingSize) = (trained.Projection, trained.EmbeddingSize);
        _positions = AddType(positions.ToArray());
    }

    /// <summary>The arithmetic of linear layers and attention.</summary>
    public Precision Precision { get; }

    /// <summary>The norm after the sum of the embeddings.</summary>
    public Norm EmbeddingNorm { get; }

    /// <summary>The layers, first to last.</summary>
    public BertLayer[] Layers { get; }

    /// <summary>hidden -> embedding, in fp32; null where hidden states are the embeddings.</summary>
    public ILinear? Projection { get; }

    /// <summary>The width of an embedding.</summary>
    public int EmbeddingSize { get; }

    /// <summary>Loads and packs the weights.</summary>
    /// <param name="path">A safetensors file with the tensor names of <c>BertModel</c>.</param>
    /// <param name="config">The dimensions to expect.</param>
    /// <param name="precision">The arithmetic of linear layers and attention.</param>
    /// <param name="adapter">Added to the weights; null: nothing.</param>
    /// <exception cref="CheckpointException">The file cannot be read or a tensor is missing or of another
    /// shape.</exception>
    public static BertWeights Load(string path, BertConfig config, Precision precision, EncoderAdapter? adapter)
    {
        var file = SafetensorsFile.Open(path);
        try
        {
            return new BertWeights(file, config, precision, adapter);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the sum of a token's, its position's and the first type's embedding.</summary>
    /// <param name="token">A token of the vocabulary.</param>
    /// <param name="position">The position in the sequence.</param>
    /// <param name="state">[hidden].</param>
    public void Embed(int token, int position, Span<float> state)
    {
        _file.ReadRow(WordEmbeddings, token, state);
        TensorPrimitives.Add(state, _positions.AsSpan(position * _hidden, _hidden), state);
    }

    /// <summary>Reads the table of words and forgets it.</summary>
    /// <exception cref="CheckpointException">An element is not finite.</exception>
    public void RequireFinite(int words)
    {
        var row = new float[_hidden];
        for (var word = 0; word < words; word++)
        {
            _file.ReadRow(WordEmbeddings, word, row);
        }
    }

    /// <summary>The table of positions in the checkpoint: [positions, hidden].</summary>
    public float[] ReadTrainedPositions() =>
        _file.Read("embeddings.position_embeddings.weight", _trainedPositions, _hidden);

    /// <summary>The same weights with another table of positions, [positions, hidden].</summary>
    public BertWeights WithPositions(ReadOnlySpan<float> positions) => new(this, positions);

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private float[] AddType(float[] positions)
    {
        var types = _file.Read("embeddings.token_type_embeddings.weight", _types, _hidden);
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] += types[i % _hidden];
        }

        return positions;
    }

    private static BertLayer ReadLayer(
        SafetensorsFile file,
        int layer,
        BertConfig config,
        Precision precision,
        EncoderAdapter? adapter
    )
    {
        var prefix = $"encoder.layer.{layer}.";
        return new BertLayer
        {
            QueryKeyValue = ReadQueryKeyValue(),
            AttentionOutput = Read("attention.output.dense", EncoderLinear.AttentionOutput),
            AttentionNorm = ReadNorm(file, prefix + "attention.output.LayerNorm", config),
            Intermediate = Read("intermediate.dense", EncoderLinear.Intermediate),
            Output = Read("output.dense", EncoderLinear.Output),
            OutputNorm = ReadNorm(file, prefix + "output.LayerNorm", config),
        };

        EncoderChange? ChangeOf(EncoderLinear linear) =>
            adapter?.Changes.FirstOrDefault(one => one.Layer == layer && one.Linear == linear);

        ILinear Read(string name, EncoderLinear linear)
        {
            var (outputs, inputs) = EncoderAdapter.ShapeOf(linear, config);
            return Linear.Read(
                file,
                prefix + name,
                outputs,
                inputs,
                precision,
                ChangeOf(linear) is { } change ? change.AddTo : null
            );
        }

        // The three projections as one, [3 * hidden, hidden].
        ILinear ReadQueryKeyValue()
        {
            var hidden = config.HiddenSize;
            ReadOnlySpan<(string Name, EncoderLinear Linear)> projections =
            [
                ("query", EncoderLinear.Query),
                ("key", EncoderLinear.Key),
                ("value", EncoderLinear.Value),
            ];
            var size = hidden * hidden;
            var weights = ArrayPool<float>.Shared.Rent(3 * size);
            try
            {
                var bias = new float[3 * hidden];
                for (var i = 0; i < projections.Length; i++)
                {
                    var (name, linear) = projections[i];
                    var part = weights.AsSpan(i * size, size);
                    file.Read($"{prefix}attention.self.{name}.weight", part, hidden, hidden);
                    ChangeOf(linear)?.AddTo(part);
                    file.Read($"{prefix}attention.self.{name}.bias", bias.AsSpan(i * hidden, hidden), hidden);
                }

                return Linear.Create(weights.AsSpan(0, 3 * size), bias, precision);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(weights);
            }
        }
    }

    private static Norm ReadNorm(SafetensorsFile file, string name, BertConfig config) =>
        new(file.Read($"{name}.weight", config.HiddenSize), file.Read($"{name}.bias", config.HiddenSize));
}
