using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>
/// Finds the least likely spans of a stream of bytes of any length: the blocks of some bytes with the highest mean cost,
/// overlapping and adjacent ones together.
/// </summary>
internal sealed class UnlikelyByteSpans(long firstByte)
{
    /// <summary>Bytes of a block.</summary>
    private const int Block = 16;

    /// <summary>Bytes between the beginnings of two blocks.</summary>
    private const int Step = 4;

    /// <summary>Blocks that are kept.</summary>
    private const int Kept = 512;

    /// <summary>A neighbor of so much of a span's highest cost belongs to the span.</summary>
    private const double EdgeShare = 0.5;

    private readonly double[] _recent = new double[Block];
    private readonly PriorityQueue<(long Offset, float[] Costs), double> _blocks = new();
    private long _count;
    private double _sum;

    /// <summary>Takes the next byte.</summary>
    /// <param name="cost">The negative log-likelihood of the byte, in bits.</param>
    public void Add(double cost)
    {
        var at = _count % Block;
        _sum += cost - _recent[at];
        _recent[at] = cost;
        _count++;
        if (_count >= Block && (_count - Block) % Step == 0)
        {
            Keep(_count - Block, Block);
        }
    }

    /// <summary>The spans, least likely first.</summary>
    /// <param name="top">The most spans.</param>
    /// <param name="hex">Gives the bytes of a span in hexadecimal.</param>
    public IReadOnlyList<UnlikelyBytes> Highest(int top, Func<long, int, string> hex)
    {
        if (_count is > 0 and < Block)
        {
            Keep(0, (int)_count);
        }

        var blocks = _blocks.UnorderedItems.OrderBy(block => block.Element.Offset).ToArray();
        var isUsed = new bool[blocks.Length];
        var spans = new List<UnlikelyBytes>();
        foreach (var peak in Enumerable.Range(0, blocks.Length).OrderByDescending(index => blocks[index].Priority))
        {
            if (spans.Count == top)
            {
                break;
            }

            if (isUsed[peak])
            {
                continue;
            }

            isUsed[peak] = true;
            var (first, last) = (peak, peak);
            while (first > 0 && Belongs(first - 1, first))
            {
                isUsed[--first] = true;
            }

            while (last + 1 < blocks.Length && Belongs(last + 1, last))
            {
                isUsed[++last] = true;
            }

            var offset = blocks[first].Element.Offset;
            var length = (int)(End(last) - offset);
            var shown = hex(firstByte + offset, length);
            spans.Add(
                new UnlikelyBytes(firstByte + offset, length, blocks[peak].Priority, shown)
                {
                    Costs = CostsOf(blocks.AsSpan(first, last - first + 1), shown.Length / 2),
                }
            );

            bool Belongs(int index, int neighbor) =>
                !isUsed[index]
                && blocks[Math.Max(index, neighbor)].Element.Offset <= End(Math.Min(index, neighbor))
                && blocks[index].Priority >= EdgeShare * blocks[peak].Priority;
        }

        return spans;

        long End(int index) => blocks[index].Element.Offset + blocks[index].Element.Costs.Length;
    }

    /// <summary>The costs of the first bytes of adjoining blocks.</summary>
    private static double[] CostsOf(
        ReadOnlySpan<((long Offset, float[] Costs) Element, double Priority)> blocks,
        int count
    )
    {
        var costs = new double[count];
        foreach (var ((offset, block), _) in blocks)
        {
            var at = (int)(offset - blocks[0].Element.Offset);
            for (var i = 0; i < block.Length && at + i < count; i++)
            {
                costs[at + i] = block[i];
            }
        }

        return costs;
    }

    private void Keep(long offset, int length)
    {
        var mean = _sum / length;
        if (_blocks.Count == Kept && _blocks.TryPeek(out _, out var least) && mean <= least)
        {
            return;
        }

        var costs = new float[length];
        for (var i = 0; i < length; i++)
        {
            costs[i] = (float)_recent[(offset + i) % Block];
        }

        if (_blocks.Count < Kept)
        {
            _blocks.Enqueue((offset, costs), mean);
        }
        else
        {
            _blocks.EnqueueDequeue((offset, costs), mean);
        }
    }
}
