using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// The memory of the book before a place, which all texts share that have their key after it: read once, in whole
/// segments, after which a sequence begins anew.
/// </summary>
internal sealed class InfiniPrefix(InfiniReader reader, int[] book)
{
    private readonly CompressiveMemory _memory = reader.Adapter.CreateMemory(reader.Config);

    public int Tokens { get; private set; }

    public long Bytes => _memory.Bytes;

    /// <summary>The memory at a place, and the place that it ends at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The place is before an earlier one.</exception>
    public (CompressiveMemory Memory, int Start) At(int place)
    {
        var end = place / reader.Adapter.SegmentTokens * reader.Adapter.SegmentTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(end, Tokens, nameof(place));
        if (end > Tokens)
        {
            reader.Remember(_memory, book.AsSpan(Tokens..end));
        }

        Tokens = end;
        var copy = reader.Adapter.CreateMemory(reader.Config);
        copy.Restore(_memory.Content.Span);
        return (copy, end);
    }
}
