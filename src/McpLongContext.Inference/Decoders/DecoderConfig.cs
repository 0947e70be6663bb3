using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// The dimensions and switches of a decoder of the Llama family (Touvron et al., arXiv 2302.13971): what llama,
/// mistral, qwen2, qwen3, smollm and granite have in common and where they differ. Validated once, by
/// <see cref="Validate"/>.
/// </summary>
public sealed record DecoderConfig
{
    private const int MaxDimension = 1 << 20;

    /// <summary>The name that the checkpoint gives its architecture, for example <c>qwen2</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of a hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads of a layer.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key/value heads of a layer, a divisor of <see cref="HeadCount"/>.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of a head; heads * width need not be the width of a hidden state.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Width of the feed-forward network inside a layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The window, in tokens: the trained one, unless its positions were changed.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Added to the mean square in RMS normalization.</summary>
    public required float RmsNormEpsilon { get; init; }

    /// <summary>The base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>The scaling of the rotary frequencies.</summary>
    public RotaryScaling RotaryScaling { get; init; } = RotaryScaling.None;

    /// <summary>
    /// The sliding window of each layer, [layers]: the tokens that a token sees at most, itself included, or
    /// <see cref="int.MaxValue"/>. Null: every token sees all before it, in every layer.
    /// </summary>
    public IReadOnlyList<int>? SlidingWindows { get; init; }

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether the projection after attention has a bias.</summary>
    public bool HasAttentionOutputBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward network have a bias.</summary>
    public bool HasFeedForwardBias { get; init; }

    /// <summary>
    /// Whether queries and keys are normalized, each head by itself, before they are rotated (Qwen3).
    /// </summary>
    public bool HasQueryKeyNorm { get; init; }

    /// <summary>Whether the embedding is the output matrix, too.</summary>
    public bool HasTiedOutput { get; init; }

    /// <summary>Multiplies the embedding (Granite).</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Multiplies the scores of attention; null: 1 / sqrt(head width).</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Multiplies what a layer's two parts add to the state (Granite).</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Divides the logits (Granite).</summary>
    public float LogitDivisor { get; init; } = 1;

    /// <summary>Width of all query heads together.</summary>
    public int QuerySize => HeadCount * HeadDim;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public int KeyValueSize => KeyValueHeadCount * HeadDim;

    /// <summary>The factor of attention scores.</summary>
    public float ScoreScale => AttentionScale ?? (1 / MathF.Sqrt(HeadDim));

    /// <summary>The number of weights; an embedding that is the output matrix, too, counts once.</summary>
    public long ParameterCount
    {
        get
        {
            var matrices = DecoderMatrix.All(this).Sum(matrix => (long)matrix.Outputs * matrix.Inputs);
            var embedding = HasTiedOutput ? 0 : (long)VocabularySize * HiddenSize;
            var layer =
                (2L * HiddenSize)
                + (HasQueryKeyValueBias ? QuerySize + (2L * KeyValueSize) : 0)
                + (HasAttentionOutputBias ? HiddenSize : 0)
                + (HasFeedForwardBias ? (2L * IntermediateSize) + HiddenSize : 0)
                + (HasQueryKeyNorm ? 2L * HeadDim : 0);
            return matrices + embedding + (LayerCount * layer) + HiddenSize;
        }
    }

    /// <summary>RAM for the matrices as they are multiplied with, in bytes; vectors are small beside them.</summary>
    /// <param name="precision">The arithmetic.</param>
    public long WeightBytes(Precision precision) =>
        DecoderMatrix
            .All(this)
            .Sum(matrix =>
                precision == Precision.Int8
                    ? Int8BlockMatrix.BytesOf(matrix.Outputs, matrix.Inputs)
                    : (long)matrix.Outputs * matrix.Inputs * sizeof(float)
            );

    /// <summary>The tokens that a token of a layer sees at most, itself included.</summary>
    /// <param name="layer">From 0.</param>
    public int WindowOf(int layer) => SlidingWindows?[layer] ?? int.MaxValue;

    /// <summary>The same model, in which no token sees more than some tokens in any layer.</summary>
    /// <param name="most">1 or more, the token itself included.</param>
    public DecoderConfig WithWindow(int most) =>
        this with
        {
            SlidingWindows = [.. Enumerable.Range(0, LayerCount).Select(layer => Math.Min(WindowOf(layer), most))],
        };

    /// <summary>Reads the configuration of a model, without its weights.</summary>
    /// <param name="path">As <see cref="Decoder.Load"/> takes it.</param>
    /// <exception cref="CheckpointException">There is no model, it is damaged or not supported.</exception>
    public static DecoderConfig Load(string path)
    {
        using var checkpoint = DecoderCheckpoint.Open(path);
        return checkpoint.Config;
    }

    /// <summary>Checks that the numbers are possible and fit each other.</summary>
    /// <param name="path">The file that they come from.</param>
    /// <returns>This.</returns>
    /// <exception cref="CheckpointException">A number is impossible or does not fit another one.</exception>
    public DecoderConfig Validate(string path)
    {
        Dimension("vocabulary size", VocabularySize);
        Dimension("hidden size", HiddenSize);
        Dimension("layers", LayerCount);
        Dimension("heads", HeadCount);
        Dimension("key/value heads", KeyValueHeadCount);
        Dimension("head width", HeadDim);
        Dimension("feed-forward width", IntermediateSize);
        if (ContextLength < 1)
        {
            throw new CheckpointException(path, $"window: {ContextLength} tokens found, expected 1 or more");
        }

        if (HeadCount % KeyValueHeadCount != 0)
        {
            throw new CheckpointException(
                path,
                $"key/value heads: {KeyValueHeadCount} found, expected a divisor of the {HeadCount} heads"
            );
        }

        if (HeadDim % 2 != 0)
        {
            throw new CheckpointException(path, $"head width: {HeadDim} found, expected an even number");
        }

        if (RmsNormEpsilon is not (> 0 and < 1))
        {
            throw new CheckpointException(
                path,
                $"epsilon of the RMS norm: {RmsNormEpsilon} found, expected a number between 0 and 1"
            );
        }

        if (RopeTheta is not (> 1 and < 1e15))
        {
            throw new CheckpointException(path, $"rotary base: {RopeTheta} found, expected a number above 1");
        }

        if (SlidingWindows is { } windows && (windows.Count != LayerCount || windows.Min() < 1))
        {
            throw new CheckpointException(
                path,
                $"sliding window: {windows.Min()} in {windows.Count} layers found, expected 1 or more in {LayerCount}"
            );
        }

        Factor("embedding scale", EmbeddingScale);
        Factor("attention scale", ScoreScale);
        Factor("residual scale", ResidualScale);
        Factor("logit divisor", LogitDivisor);
        var frequencies = RotaryScaling.Frequencies(HeadDim, RopeTheta);
        if (frequencies.Length != HeadDim / 2 || !Array.TrueForAll(frequencies, double.IsFinite))
        {
            throw new CheckpointException(
                path,
                $"rotary scaling {RotaryScaling}: {frequencies.Length} frequencies found, "
                    + $"expected {HeadDim / 2} finite ones"
            );
        }

        return this;

        void Dimension(string what, int found)
        {
            if (found is < 1 or > MaxDimension)
            {
                throw new CheckpointException(path, $"{what}: {found} found, expected 1 to {MaxDimension}");
            }
        }

        void Factor(string what, float found)
        {
            if (!(found > 0 && float.IsFinite(found)))
            {
                throw new CheckpointException(path, $"{what}: {found} found, expected a positive number");
            }
        }
    }
}
