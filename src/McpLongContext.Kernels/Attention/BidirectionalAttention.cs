using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// softmax(Q K^T / sqrt(headDim)) V for every head of one sequence, each token seeing all (Vaswani et al.,
/// arXiv 1706.03762, equation 1, without a mask: sequences are not padded).
/// </summary>
/// <remarks>
/// Per head, K and V are packed into panels once; then a strip of query rows takes its scores [rows, tokens], their
/// softmax and the weighted values through the register tiles of <see cref="MatrixProduct"/>, all of it in cache.
/// </remarks>
public static unsafe class BidirectionalAttention
{
    /// <summary>Far below any score, and finite: the weight of the keys that only fill up a panel.</summary>
    private const float Nothing = -1e30f;

    /// <summary>Floats in a cache line.</summary>
    private const int CacheLine = 16;

    /// <summary>Attends.</summary>
    /// <param name="qkv">[tokens, 3, heads, headDim]: the queries, keys and values of each token, without a
    /// scale.</param>
    /// <param name="heads">Positive.</param>
    /// <param name="headDim">Positive.</param>
    /// <param name="output">[tokens, heads, headDim]; must not overlap <paramref name="qkv"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Attend(ReadOnlySpan<float> qkv, int heads, int headDim, Span<float> output) =>
        Attend(qkv, heads, headDim, new HeadRange(0, heads, 1 / MathF.Sqrt(headDim)), bias: [], output);

    /// <summary>
    /// softmax(scale Q K^T + bias) V for one head, the bias by the distance from query to key: the relative positions of T5
    /// (Raffel et al., arXiv 1910.10683, section 2.1). Different heads may be computed by different threads.
    /// </summary>
    /// <param name="qkv">[tokens, 3, heads, headDim]: the queries, keys and values of each token.</param>
    /// <param name="heads">Positive.</param>
    /// <param name="headDim">Positive.</param>
    /// <param name="head">0 to heads - 1.</param>
    /// <param name="scale">Of the scores.</param>
    /// <param name="bias">
    /// [2 tokens - 1]: element tokens - 1 + (key - query) is added to the scaled score of that distance; empty for none.
    /// </param>
    /// <param name="output">[tokens, heads, headDim]: the head's columns are written, the others left as they are; must not
    /// overlap <paramref name="qkv"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void AttendHead(
        ReadOnlySpan<float> qkv,
        int heads,
        int headDim,
        int head,
        float scale,
        ReadOnlySpan<float> bias,
        Span<float> output
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(head);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(head, heads);
        Attend(qkv, heads, headDim, new HeadRange(head, 1, scale), bias, output);
    }

    private static void Attend(
        ReadOnlySpan<float> qkv,
        int heads,
        int headDim,
        HeadRange range,
        ReadOnlySpan<float> bias,
        Span<float> output
    )
    {
        if (Simd512.IsSupported)
        {
            Attend<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                qkv,
                heads,
                headDim,
                range,
                bias,
                output
            );
        }
        else if (Simd256.IsSupported)
        {
            Attend<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(
                qkv,
                heads,
                headDim,
                range,
                bias,
                output
            );
        }
        else
        {
            Attend<Tile8x2<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(
                qkv,
                heads,
                headDim,
                range,
                bias,
                output
            );
        }
    }

    internal static void Attend<TTile, TSimd, TVector>(
        ReadOnlySpan<float> qkv,
        int heads,
        int headDim,
        Span<float> output
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged =>
        Attend<TTile, TSimd, TVector>(
            qkv,
            heads,
            headDim,
            new HeadRange(0, heads, 1 / MathF.Sqrt(headDim)),
            bias: [],
            output
        );

    internal static void Attend<TTile, TSimd, TVector>(
        ReadOnlySpan<float> qkv,
        int heads,
        int headDim,
        HeadRange range,
        ReadOnlySpan<float> bias,
        Span<float> output
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDim);
        var hidden = heads * headDim;
        var tokens = Shape.Rows(qkv.Length, 3 * hidden, nameof(qkv));
        Shape.Check(output.Length, tokens, hidden, nameof(output));
        if (!bias.IsEmpty)
        {
            Shape.Check(bias.Length, (2 * tokens) - 1, nameof(bias));
        }

        var plan = new Plan(
            heads,
            headDim,
            tokens,
            TTile.Rows,
            RoundUp(tokens, TSimd.Lanes),
            RoundUp(tokens, TTile.Columns),
            RoundUp(headDim, TTile.Columns),
            range.Scale
        );
        var rented = ArrayPool<float>.Shared.Rent(plan.Scratch + CacheLine);
        fixed (
            float* scratch = rented,
                input = qkv,
                distances = bias,
                result = output
        )
        {
            var aligned = (float*)(((nint)scratch + (CacheLine * sizeof(float)) - 1) & -(CacheLine * sizeof(float)));
            for (var head = range.First; head < range.First + range.Count; head++)
            {
                var start = head * headDim;
                AttendHead<TTile, TSimd, TVector>(plan, input + start, distances, aligned, result + start);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static void AttendHead<TTile, TSimd, TVector>(
        Plan plan,
        float* query,
        float* bias,
        float* scratch,
        float* output
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var zero = stackalloc float[TTile.Columns];
        new Span<float>(zero, TTile.Columns).Clear();
        var maxima = stackalloc float[TTile.Rows];
        var totals = stackalloc float[TTile.Rows];
        var keys = scratch;
        var values = keys + ((nint)plan.KeyColumns * plan.HeadDim);
        var scores = values + ((nint)plan.Tokens * plan.ValueColumns);
        var sums = scores + ((nint)plan.Strip * plan.KeyColumns);
        PackKeys<TTile>(plan, query + plan.Hidden, keys);
        PackValues<TTile, TSimd, TVector>(plan, query + (2 * plan.Hidden), values);
        var factor = Softmax.Log2E * (bias is null ? plan.Scale : 1);
        for (var token = 0; token < plan.Tokens; token += plan.Strip)
        {
            var rows = Math.Min(plan.Strip, plan.Tokens - token);
            var q = query + ((nint)token * plan.TokenStride);
            for (var column = 0; column < plan.KeyColumns; column += TTile.Columns)
            {
                var panel = keys + ((nint)column * plan.HeadDim);
                var c = scores + column;
                TTile.Multiply(q, plan.TokenStride, rows, panel, plan.HeadDim, zero, c, plan.KeyColumns);
            }

            // All maxima first: the rows do not depend on each other, so their latencies overlap.
            for (var row = 0; row < rows; row++)
            {
                var start = scores + ((nint)row * plan.KeyColumns);
                if (bias is not null)
                {
                    GroupedQueryAttention.Add<TSimd, TVector>(
                        start,
                        plan.Scale,
                        bias + (plan.Tokens - 1 - token - row),
                        plan.Tokens
                    );
                }

                new Span<float>(start + plan.Tokens, plan.WeightColumns - plan.Tokens).Fill(Nothing);
                maxima[row] = Softmax.Largest<TSimd, TVector>(start, plan.WeightColumns);
            }

            for (var row = 0; row < rows; row++)
            {
                var start = scores + ((nint)row * plan.KeyColumns);
                totals[row] = Softmax.Exponentiate<TSimd, TVector>(start, plan.WeightColumns, maxima[row], factor);
            }

            for (var column = 0; column < plan.ValueColumns; column += TTile.Columns)
            {
                var panel = values + ((nint)column * plan.Tokens);
                var c = sums + column;
                TTile.Multiply(scores, plan.KeyColumns, rows, panel, plan.Tokens, zero, c, plan.ValueColumns);
            }

            for (var row = 0; row < rows; row++)
            {
                var source = sums + ((nint)row * plan.ValueColumns);
                var target = output + ((nint)(token + row) * plan.Hidden);
                Copy<TSimd, TVector>(source, plan.HeadDim, 1 / totals[row], target);
            }
        }
    }

    /// <summary>
    /// K^T as panels [headDim, Columns] of keys; what fills up the last panel is never read as a score.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackKeys<TTile>(Plan plan, float* source, float* target)
        where TTile : ITile<float>
    {
        for (var token = 0; token < plan.Tokens; token++, source += plan.TokenStride)
        {
            var (panel, column) = Math.DivRem(token, TTile.Columns);
            var t = target + ((nint)panel * TTile.Columns * plan.HeadDim) + column;
            for (var d = 0; d < plan.HeadDim; d++, t += TTile.Columns)
            {
                *t = source[d];
            }
        }
    }

    /// <summary>
    /// V as panels [tokens, Columns] of the head's dimensions; what fills up the last panel is never copied out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackValues<TTile, TSimd, TVector>(Plan plan, float* source, float* target)
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        for (var column = 0; column < plan.HeadDim; column += TTile.Columns)
        {
            var width = Math.Min(TTile.Columns, plan.HeadDim - column);
            var row = source + column;
            for (var token = 0; token < plan.Tokens; token++, row += plan.TokenStride, target += TTile.Columns)
            {
                Copy<TSimd, TVector>(row, width, 1, target);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<TSimd, TVector>(float* source, int count, float factor, float* target)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(source + i), factors), target + i);
        }

        for (; i < count; i++)
        {
            target[i] = source[i] * factor;
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>The shapes of one call: how many rows make a strip, and the padded widths of its buffers.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Plan(
        int Heads,
        int HeadDim,
        int Tokens,
        int Strip,
        int WeightColumns,
        int KeyColumns,
        int ValueColumns,
        float Scale
    )
    {
        public int Hidden => Heads * HeadDim;

        public int TokenStride => 3 * Hidden;

        /// <summary>Floats of scratch RAM: packed keys, packed values, a strip of scores, a strip of sums.</summary>
        public int Scratch =>
            checked((KeyColumns * HeadDim) + (Tokens * ValueColumns) + (Strip * (KeyColumns + ValueColumns)));
    }

    /// <summary>The heads of one call, and the scale of their scores.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct HeadRange(int First, int Count, float Scale);
}
