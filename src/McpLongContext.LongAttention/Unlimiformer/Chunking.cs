namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>How long texts are cut for the encoder: see <see cref="EncodingWindows"/>.</summary>
public sealed record Chunking
{
    /// <summary>Tokens of text that are encoded at a time, within the encoder's window.</summary>
    public int ChunkSize { get; init; } = 256;

    /// <summary>The share of a chunk that serves as context only, 0 to below 1.</summary>
    public double Overlap { get; init; } = 0.5;
}
