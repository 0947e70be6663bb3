using McpLongContext.Inference.EncoderDecoders;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// The tokens around every window of a source: the one that begins sources with the prefix or instruction, and the one
/// that ends them. So each window is a source as the model knows them, and tells about its task.
/// </summary>
/// <param name="Before">The begin and the instruction.</param>
/// <param name="After">The end.</param>
public sealed record SourceFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>The frame of a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="prefix">The tokens of the prefix or instruction.</param>
    public static SourceFrame Of(EncoderDecoderConfig config, IReadOnlyList<int> prefix)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(prefix);
        return new SourceFrame(config.SourceBegin is { } begin ? [begin, .. prefix] : prefix, [config.End]);
    }

    /// <summary>Tokens of the frame.</summary>
    public int Length => Before.Count + After.Count;
}
