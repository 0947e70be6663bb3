using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// How the tokens of one sequence read each other: the part of a decoder that may be another, while the rest stays. It
/// keeps what it needs of the keys and values. Not thread-safe.
/// </summary>
public interface IAttention
{
    /// <summary>The longest sequence.</summary>
    public int MaxTokens { get; }

    /// <summary>Attends a block, which follows the tokens before it without a gap.</summary>
    /// <param name="block">The block; its buffers are used again after the call.</param>
    /// <param name="threadPool">Computes.</param>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool);

    /// <summary>Forgets the tokens from a position on.</summary>
    /// <param name="position">0 forgets all.</param>
    public void Truncate(int position);
}
