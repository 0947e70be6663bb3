using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Bits;

/// <summary>
/// A causal transformer over single bits: the part that all workers share. x = bit embedding + position + place in the
/// byte; layers with normalization before attention and feed-forward network; a logit for each value of the next bit.
/// Immutable and thread-safe; each worker takes a <see cref="BitTransformerSession"/> of its own.
/// </summary>
public sealed class BitTransformer
{
    /// <summary>The name of the weights file in a model's folder.</summary>
    public const string FileName = "bits.safetensors";

    private BitTransformer(BitTransformerConfig config, BitTransformerWeights weights, float[] positions)
    {
        Config = config;
        Weights = weights;
        PositionTable = positions;
    }

    /// <summary>The dimensions.</summary>
    public BitTransformerConfig Config { get; }

    /// <summary>[max length, width].</summary>
    public ReadOnlyMemory<float> Positions => PositionTable;

    internal BitTransformerWeights Weights { get; }

    internal float[] PositionTable { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A safetensors file with the configuration in its metadata.</param>
    /// <param name="precision">The arithmetic of the linear layers; int8 is quantized here (dynamically).</param>
    /// <exception cref="CheckpointException">The file does not hold what it should.</exception>
    public static BitTransformer Load(string path, Precision precision = Precision.Float32)
    {
        using var file = SafetensorsFile.Open(path);
        var config = BitTransformerConfig.Read(path, file.Metadata);
        var weights = BitTransformerWeights.Read(file, config, precision);
        return new BitTransformer(config, weights, SinusoidalPositions.Expand([], config.Width, config.MaxLength));
    }

    /// <summary>
    /// The same model with a longer window, <c>expand_positional_encoding</c>: a new table of positions whose old rows
    /// are the same bit for bit. The weights are shared, nothing is read again.
    /// </summary>
    /// <param name="length">Bits of the window, at least as many as now.</param>
    public BitTransformer ExpandPositionalEncoding(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Config.MaxLength);
        return new BitTransformer(
            Config with
            {
                MaxLength = length,
            },
            Weights,
            SinusoidalPositions.Expand(PositionTable, Config.Width, length)
        );
    }

    /// <summary>The same model with other chunks of attention.</summary>
    /// <param name="size">Bits of a chunk; 0 for attention to the whole window.</param>
    /// <param name="overlap">Bits before its chunk that a bit attends to as well.</param>
    public BitTransformer WithChunks(int size, int overlap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        var config = Config with { ChunkSize = size, ChunkOverlap = overlap };
        return config.FindProblem() is { } problem
            ? throw new ArgumentException($"{problem}.", nameof(overlap))
            : new BitTransformer(config, Weights, PositionTable);
    }

    /// <summary>Creates the state of one worker.</summary>
    /// <param name="lanes">Streams that are read in step, 1 or more.</param>
    public BitTransformerSession CreateSession(int lanes = 1) => new(this, lanes);
}
