using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// <see cref="BidirectionalAttention"/> with both products in int8: queries, keys and values of a head are codes with
/// one scale each, x ~ a * code with a = max |x| / 127; the weights of a query, e^(score - largest score), are 0 to
/// 255.
/// </summary>
/// <remarks>
/// The integer sums are exact and the weights are divided by the sum of their codes, so that they add up to one. What
/// the codes leave out is far below what the linear layers around lose. The softmax in between is fp32.
/// </remarks>
public static unsafe class Int8BidirectionalAttention
{
    /// <summary>The longest sequence, so that no sum overflows.</summary>
    public const int MaxTokens = 65_536;

    /// <summary>log2 of the largest weight, 255.</summary>
    private const float LargestExponent = 7.99435344f;

    /// <summary>1.5 * 2^23: added to a small float, it leaves the nearest integer in the low bits.</summary>
    private const float Rounder = 12582912f;

    /// <summary>Attends.</summary>
    /// <param name="qkv">[tokens, 3, heads, headDim]: the queries, keys and values of each token, finite, without a
    /// scale.</param>
    /// <param name="heads">Positive.</param>
    /// <param name="headDim">Positive, at most 65,536.</param>
    /// <param name="output">[tokens, heads, headDim]; must not overlap <paramref name="qkv"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes, or there are too many tokens.</exception>
    public static void Attend(ReadOnlySpan<float> qkv, int heads, int headDim, Span<float> output)
    {
        if (VnniTile8x2.IsSupported)
        {
            Attend<VnniTile8x2, ByteDotProduct512, Vector512<int>, Simd512, Vector512<float>>(
                qkv,
                heads,
                headDim,
                output
            );
        }
        else if (ByteDotProduct256.IsSupported)
        {
            if (Simd512.IsSupported)
            {
                Attend<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd512,
                    Vector512<float>
                >(qkv, heads, headDim, output);
            }
            else
            {
                Attend<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >(qkv, heads, headDim, output);
            }
        }
        else if (ShortDotProduct512.IsSupported)
        {
            Attend<
                Tile8x2<ShortDotProduct512, int, Vector512<int>>,
                ShortDotProduct512,
                Vector512<int>,
                Simd512,
                Vector512<float>
            >(qkv, heads, headDim, output);
        }
        else if (ShortDotProduct256.IsSupported)
        {
            Attend<
                Tile6x2<ShortDotProduct256, int, Vector256<int>>,
                ShortDotProduct256,
                Vector256<int>,
                Simd256,
                Vector256<float>
            >(qkv, heads, headDim, output);
        }
        else
        {
            Attend<
                Tile8x2<ByteDotProduct128, int, Vector128<int>>,
                ByteDotProduct128,
                Vector128<int>,
                Simd128,
                Vector128<float>
            >(qkv, heads, headDim, output);
        }
    }

    internal static void Attend<TTile, TDot, TWords, TSimd, TVector>(
        ReadOnlySpan<float> qkv,
        int heads,
        int headDim,
        Span<float> output
    )
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDim);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(headDim, MaxTokens);
        var hidden = heads * headDim;
        var tokens = Shape.Rows(qkv.Length, 3 * hidden, nameof(qkv));
        Shape.Check(output.Length, tokens, hidden, nameof(output));
        if (tokens is 0 or > MaxTokens)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, MaxTokens, nameof(qkv));
            return;
        }

        var plan = Int8AttentionPlan.Of<TTile, TDot, TWords>(heads, headDim, tokens, TSimd.Lanes);
        var rented = ArrayPool<int>.Shared.Rent(plan.Length);
        fixed (int* scratch = rented)
        fixed (
            float* input = qkv,
                result = output
        )
        {
            var buffers = plan.Lay(scratch);
            for (var head = 0; head < heads; head++)
            {
                AttendHead<TTile, TDot, TWords, TSimd, TVector>(
                    plan,
                    buffers,
                    input + (head * headDim),
                    result + (head * headDim)
                );
            }
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    private static void AttendHead<TTile, TDot, TWords, TSimd, TVector>(
        Int8AttentionPlan plan,
        Int8AttentionBuffers buffers,
        float* query,
        float* output
    )
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var rounder = TDot.IsUnsigned ? Rounder : Rounder + 128;
        var valueScale = Int8AttentionPacking.Values<TTile, TDot, TWords, TSimd, TVector>(
            plan,
            buffers,
            query + (2 * plan.Hidden)
        );
        var keyScale = Int8AttentionPacking.Keys<TTile, TDot, TWords, TSimd, TVector>(
            plan,
            buffers,
            query + plan.Hidden
        );
        var queryScale = Int8AttentionPacking.Queries<TDot, TWords, TSimd, TVector>(plan, buffers, query);
        var factor = queryScale * keyScale * Softmax.Log2E / MathF.Sqrt(plan.HeadDim);
        var totals = stackalloc float[TTile.Rows];
        for (var token = 0; token < plan.Tokens; token += TTile.Rows)
        {
            var rows = Math.Min(TTile.Rows, plan.Tokens - token);
            var q = buffers.Queries + ((nint)token * plan.HeadWords);
            Multiply<TTile>(
                q,
                plan.HeadWords,
                rows,
                buffers.Keys,
                plan.HeadWords,
                buffers.KeyInitial,
                buffers.Scores,
                plan.KeyColumns
            );
            for (var row = 0; row < rows; row++)
            {
                totals[row] = Weigh<TSimd, TVector>(
                    buffers.Scores + ((nint)row * plan.KeyColumns),
                    plan.Tokens,
                    plan.WeightColumns,
                    factor,
                    rounder,
                    buffers.Weights + ((nint)row * plan.WeightColumns)
                );
            }

            if (TDot.Depth != sizeof(int))
            {
                var codes = new ReadOnlySpan<sbyte>(buffers.Weights, rows * plan.WeightColumns);
                var words = new Span<int>(buffers.WeightWords, rows * plan.WeightColumns / TDot.Depth);
                Int8Words.Write<TDot, TWords>(codes, words);
            }

            Multiply<TTile>(
                buffers.WeightWords,
                plan.WeightColumns / TDot.Depth,
                rows,
                buffers.Values,
                plan.TokenWords,
                buffers.ValueInitial,
                buffers.Sums,
                plan.ValueColumns
            );
            for (var row = 0; row < rows; row++)
            {
                var sums = buffers.Sums + ((nint)row * plan.ValueColumns);
                var target = output + ((nint)(token + row) * plan.Hidden);
                Scale<TSimd, TVector>(sums, plan.HeadDim, valueScale / totals[row], target);
            }
        }
    }

    /// <summary>C = initial + A B for the rows of a tile and all panels of B.</summary>
    private static void Multiply<TTile>(
        int* a,
        int aStride,
        int rows,
        int* b,
        int depth,
        int* initial,
        int* c,
        int columns
    )
        where TTile : ITile<int>
    {
        for (var column = 0; column < columns; column += TTile.Columns)
        {
            TTile.Multiply(a, aStride, rows, b + ((nint)column * depth), depth, initial + column, c + column, columns);
        }
    }

    /// <summary>
    /// Writes round(255 * 2^(factor (score - largest score))) for each key, less 128 where <paramref name="rounder"/>
    /// holds 128 more; returns the sum of the weights.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Weigh<TSimd, TVector>(
        int* scores,
        int keys,
        int columns,
        float factor,
        float rounder,
        sbyte* weights
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        // What fills up the last vector repeats the first key: the largest stays, the sum is set right.
        for (var key = keys; key < columns; key++)
        {
            scores[key] = scores[0];
        }

        var maxima = TSimd.Load(scores);
        for (var key = TSimd.Lanes; key < columns; key += TSimd.Lanes)
        {
            maxima = TSimd.Max(maxima, TSimd.Load(scores + key));
        }

        var scale = TSimd.Broadcast(factor);
        var shift = TSimd.Broadcast(LargestExponent - (TSimd.Max(maxima) * factor));
        var rounders = TSimd.Broadcast(rounder);
        TVector sums = default;
        for (var key = 0; key < columns; key += TSimd.Lanes)
        {
            var exponent = TSimd.MultiplyAdd(TSimd.Load(scores + key), scale, shift);
            var rounded = TSimd.Add(Exponential.PowerOfTwo<TSimd, TVector>(exponent), rounders);
            TSimd.StoreLowBytes(rounded, weights + key);
            sums = TSimd.Add(sums, TSimd.Subtract(rounded, rounders));
        }

        var first = (byte)(weights[0] + (rounder == Rounder ? 0 : 128));
        return TSimd.Sum(sums) - ((float)(columns - keys) * first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<TSimd, TVector>(int* sums, int count, float factor, float* output)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(sums + i), factors), output + i);
        }

        for (; i < count; i++)
        {
            output[i] = sums[i] * factor;
        }
    }
}
