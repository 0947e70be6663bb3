using System.Buffers;
using System.Numerics;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The merges of byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): which two adjacent tokens become which
/// one, and in what order. Immutable and thread-safe once filled.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of two tokens that do not merge.</summary>
    private const int Never = int.MaxValue;

    /// <summary>Up to here the next merge is found by looking at all pairs, which is fastest.</summary>
    private const int ShortLength = 48;

    /// <summary>Open addressing with linear probing; at most half full.</summary>
    private readonly Merge[] _slots;
    private readonly int _shift;
    private readonly ulong _multiplier = (ulong)Random.Shared.NextInt64() | 1;

    /// <summary>Creates the table.</summary>
    /// <param name="merges">Of merges of the same two tokens, the one of lowest rank counts.</param>
    public MergeTable(IReadOnlyCollection<Merge> merges)
    {
        var bits = BitOperations.Log2((uint)Math.Max(merges.Count, 8)) + 2;
        _slots = new Merge[1 << bits];
        _shift = 64 - bits;
        _slots.AsSpan().Fill(new Merge(TokenVocabulary.None, TokenVocabulary.None, Never, TokenVocabulary.None));
        foreach (var merge in merges)
        {
            ref var slot = ref Slot(merge.Left, merge.Right);
            if (merge.Rank < slot.Rank)
            {
                slot = merge;
            }
        }
    }

    /// <summary>
    /// Merges, as long as there is a pair to merge, the one of lowest rank, of equal ones the leftmost. In place; the
    /// time is nearly linear in the length.
    /// </summary>
    /// <param name="symbols">The tokens of single characters or bytes.</param>
    /// <returns>How many tokens are left, at the beginning of <paramref name="symbols"/>.</returns>
    public int Apply(Span<int> symbols) => symbols.Length <= ShortLength ? ApplyShort(symbols) : ApplyLong(symbols);

    private int ApplyShort(Span<int> symbols)
    {
        // Of the pair of each symbol with its right neighbor.
        Span<int> ranks = stackalloc int[ShortLength];
        Span<int> tokens = stackalloc int[ShortLength];
        var count = symbols.Length;
        for (var i = 0; i + 1 < count; i++)
        {
            ranks[i] = Find(symbols[i], symbols[i + 1], out tokens[i]);
        }

        while (count > 1)
        {
            var at = IndexOfMin(ranks[..(count - 1)]);
            if (ranks[at] == Never)
            {
                break;
            }

            symbols[at] = tokens[at];
            symbols[(at + 2)..count].CopyTo(symbols[(at + 1)..]);
            ranks[(at + 1)..(count - 1)].CopyTo(ranks[at..]);
            tokens[(at + 1)..(count - 1)].CopyTo(tokens[at..]);
            count--;
            if (at + 1 < count)
            {
                ranks[at] = Find(symbols[at], symbols[at + 1], out tokens[at]);
            }

            if (at > 0)
            {
                ranks[at - 1] = Find(symbols[at - 1], symbols[at], out tokens[at - 1]);
            }
        }

        return count;
    }

    private static int IndexOfMin(ReadOnlySpan<int> values)
    {
        var at = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] < values[at])
            {
                at = i;
            }
        }

        return at;
    }

    private int ApplyLong(Span<int> symbols)
    {
        var pairs = ArrayPool<Pair>.Shared.Rent(symbols.Length);
        try
        {
            return ApplyLong(symbols, pairs.AsSpan(0, symbols.Length));
        }
        finally
        {
            ArrayPool<Pair>.Shared.Return(pairs);
        }
    }

    /// <summary>As a linked list, with the pairs in a heap; a pair that has changed meanwhile is passed over.</summary>
    private int ApplyLong(Span<int> symbols, Span<Pair> pairs)
    {
        var queue = new PriorityQueue<int, long>(symbols.Length);
        for (var i = 0; i < symbols.Length; i++)
        {
            pairs[i] = new Pair { Previous = i - 1, Next = i + 1 };
            Measure(symbols, pairs, i, queue);
        }

        while (queue.TryDequeue(out var at, out var order))
        {
            ref var pair = ref pairs[at];
            if (pair.Rank != (int)(order >> 32))
            {
                continue;
            }

            symbols[at] = pair.Token;
            pairs[pair.Next].Rank = Never;
            pair.Next = pairs[pair.Next].Next;
            if (pair.Next < pairs.Length)
            {
                pairs[pair.Next].Previous = at;
            }

            Measure(symbols, pairs, at, queue);
            if (pair.Previous >= 0)
            {
                Measure(symbols, pairs, pair.Previous, queue);
            }
        }

        var count = 0;
        for (var i = 0; i < symbols.Length; i = pairs[i].Next)
        {
            symbols[count++] = symbols[i];
        }

        return count;
    }

    private void Measure(ReadOnlySpan<int> symbols, Span<Pair> pairs, int at, PriorityQueue<int, long> queue)
    {
        ref var pair = ref pairs[at];
        pair.Rank = pair.Next < symbols.Length ? Find(symbols[at], symbols[pair.Next], out pair.Token) : Never;
        if (pair.Rank != Never)
        {
            queue.Enqueue(at, ((long)pair.Rank << 32) | (uint)at);
        }
    }

    private int Find(int left, int right, out int token)
    {
        ref readonly var slot = ref Slot(left, right);
        token = slot.Token;
        return slot.Rank;
    }

    /// <summary>The slot of a pair: the one that holds it, or the empty one where it belongs.</summary>
    private ref Merge Slot(int left, int right)
    {
        var slot = (int)(((((ulong)(uint)left << 32) | (uint)right) * _multiplier) >> _shift);
        while (true)
        {
            ref var merge = ref _slots[slot];
            if ((merge.Left == left && merge.Right == right) || merge.Left == TokenVocabulary.None)
            {
                return ref merge;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }
    }

    private struct Pair
    {
        public int Previous;
        public int Next;
        public int Rank;
        public int Token;
    }
}

/// <summary>A rule of byte-pair encoding: two tokens become one.</summary>
/// <param name="Left">The token on the left.</param>
/// <param name="Right">The right neighbor.</param>
/// <param name="Rank">The place in the order of merges; lower goes first.</param>
/// <param name="Token">The merged token.</param>
internal readonly record struct Merge(int Left, int Right, int Rank, int Token);
