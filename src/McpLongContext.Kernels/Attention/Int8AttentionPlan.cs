using System.Runtime.InteropServices;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// The shapes of one call of <see cref="Int8BidirectionalAttention"/>, with the padded widths of its buffers.
/// </summary>
/// <param name="Heads">Heads.</param>
/// <param name="HeadDim">Dimensions of a head.</param>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="Rows">Queries that are attended together.</param>
/// <param name="Depth">Codes in a word.</param>
/// <param name="KeyColumns">Keys, in whole panels.</param>
/// <param name="ValueColumns">Dimensions of a head, in whole panels.</param>
/// <param name="WeightColumns">Keys, in whole vectors.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Int8AttentionPlan(
    int Heads,
    int HeadDim,
    int Tokens,
    int Rows,
    int Depth,
    int KeyColumns,
    int ValueColumns,
    int WeightColumns
)
{
    /// <summary>Integers in a cache line, at which every buffer begins.</summary>
    private const int Line = 16;

    private const int BufferCount = 11;

    public int Hidden => Heads * HeadDim;

    public int TokenStride => 3 * Hidden;

    /// <summary>Words of a query or key.</summary>
    public int HeadWords => (HeadDim + Depth - 1) / Depth;

    /// <summary>Codes from one query or key to the next.</summary>
    public int CodeStride => HeadWords * Depth;

    /// <summary>Words of a dimension of the values.</summary>
    public int TokenWords => (Tokens + Depth - 1) / Depth;

    /// <summary>Integers of scratch RAM.</summary>
    public int Length
    {
        get
        {
            Span<long> sizes = stackalloc long[BufferCount];
            Measure(sizes);
            var length = (long)Line;
            foreach (var size in sizes)
            {
                length += Padded(size);
            }

            return checked((int)length);
        }
    }

    public static Int8AttentionPlan Of<TTile, TDot, TWords>(int heads, int headDim, int tokens, int lanes)
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged =>
        new(
            heads,
            headDim,
            tokens,
            TTile.Rows,
            TDot.Depth,
            RoundUp(tokens, Math.Max(TTile.Columns, lanes)),
            RoundUp(headDim, TTile.Columns),
            RoundUp(tokens, lanes)
        );

    /// <summary>Divides cleared scratch RAM of <see cref="Length"/> integers among the buffers.</summary>
    public unsafe Int8AttentionBuffers Lay(int* scratch)
    {
        Span<long> sizes = stackalloc long[BufferCount];
        Measure(sizes);
        new Span<int>(scratch, Length).Clear();
        var starts = stackalloc int*[sizes.Length];
        var next = (int*)(((nint)scratch + (Line * sizeof(int)) - 1) & -(Line * sizeof(int)));
        for (var i = 0; i < sizes.Length; i++)
        {
            starts[i] = next;
            next += (nint)Padded(sizes[i]);
        }

        // Codes of four in a word are the words themselves.
        var words = Depth == sizeof(int) ? starts[7] : starts[8];
        return new Int8AttentionBuffers(
            (sbyte*)starts[0],
            starts[1],
            starts[2],
            starts[3],
            starts[4],
            starts[5],
            starts[6],
            (sbyte*)starts[7],
            words,
            starts[9],
            starts[10]
        );
    }

    /// <summary>Integers of each buffer, in the order of <see cref="Int8AttentionBuffers"/>.</summary>
    private void Measure(Span<long> sizes)
    {
        sizes[0] = (long)Tokens * CodeStride / sizeof(int) + 1;
        sizes[1] = (long)Tokens * HeadWords;
        sizes[2] = (long)KeyColumns * HeadWords;
        sizes[3] = (long)ValueColumns * TokenWords;
        sizes[4] = KeyColumns;
        sizes[5] = ValueColumns;
        sizes[6] = (long)Rows * KeyColumns;
        sizes[7] = (long)Rows * WeightColumns / sizeof(int);
        sizes[8] = Depth == sizeof(int) ? 0 : (long)Rows * WeightColumns / Depth;
        sizes[9] = (long)Rows * ValueColumns;
        sizes[10] = Math.Max(HeadWords, TokenWords);
    }

    private static long Padded(long size) => (size + Line - 1) / Line * Line;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}

/// <summary>The buffers of one head; what pads them stays zero.</summary>
internal readonly unsafe struct Int8AttentionBuffers(
    sbyte* codes,
    int* queries,
    int* keys,
    int* values,
    int* keyInitial,
    int* valueInitial,
    int* scores,
    sbyte* weights,
    int* weightWords,
    int* sums,
    int* zeros
)
{
    /// <summary>[tokens, CodeStride]: queries, keys or values as they are packed.</summary>
    public sbyte* Codes { get; } = codes;

    /// <summary>[tokens, HeadWords].</summary>
    public int* Queries { get; } = queries;

    /// <summary>Panels [HeadWords, columns of the tile] of keys.</summary>
    public int* Keys { get; } = keys;

    /// <summary>Panels [TokenWords, columns of the tile] of the dimensions of the values.</summary>
    public int* Values { get; } = values;

    /// <summary>[KeyColumns]: what the scores start from.</summary>
    public int* KeyInitial { get; } = keyInitial;

    /// <summary>[ValueColumns]: what the weighted sums start from.</summary>
    public int* ValueInitial { get; } = valueInitial;

    /// <summary>[Rows, KeyColumns].</summary>
    public int* Scores { get; } = scores;

    /// <summary>[Rows, WeightColumns]: weights, less 128 where the dot product is signed.</summary>
    public sbyte* Weights { get; } = weights;

    /// <summary>[Rows, WeightColumns / Depth]: the same as words.</summary>
    public int* WeightWords { get; } = weightWords;

    /// <summary>[Rows, ValueColumns].</summary>
    public int* Sums { get; } = sums;

    /// <summary>[HeadWords or TokenWords]: an operand whose codes are all zero.</summary>
    public int* Zeros { get; } = zeros;
}
