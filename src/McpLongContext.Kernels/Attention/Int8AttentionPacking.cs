using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Attention;

/// <summary>Quantizes a head's queries, keys and values, and lays them out for the register tile.</summary>
internal static unsafe class Int8AttentionPacking
{
    /// <summary>Rows of words; returns the scale.</summary>
    public static float Queries<TDot, TWords, TSimd, TVector>(
        Int8AttentionPlan plan,
        Int8AttentionBuffers buffers,
        float* source
    )
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var scale = Quantize<TSimd, TVector>(plan, source, buffers.Codes);
        var words = WriteWords<TDot, TWords>(plan, buffers);
        if (TDot.IsUnsigned)
        {
            Int8Words.MakeUnsigned(words);
        }

        return scale;
    }

    /// <summary>Panels of keys; returns the scale.</summary>
    public static float Keys<TTile, TDot, TWords, TSimd, TVector>(
        Int8AttentionPlan plan,
        Int8AttentionBuffers buffers,
        float* source
    )
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var scale = Quantize<TSimd, TVector>(plan, source, buffers.Codes);
        WriteWords<TDot, TWords>(plan, buffers);
        Scatter(buffers.Queries, plan.Tokens, plan.HeadWords, TTile.Columns, buffers.Keys);
        var zero = TDot.IsUnsigned ? unchecked((int)0x80808080) : 0;
        Initialize<TTile>(zero, buffers.Zeros, buffers.Keys, plan.HeadWords, plan.KeyColumns, buffers.KeyInitial);
        return scale;
    }

    /// <summary>Panels of dimensions, a word holding those of successive tokens; returns the scale.</summary>
    public static float Values<TTile, TDot, TWords, TSimd, TVector>(
        Int8AttentionPlan plan,
        Int8AttentionBuffers buffers,
        float* source
    )
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var scale = Quantize<TSimd, TVector>(plan, source, buffers.Codes);
        for (var column = 0; column < plan.HeadDim; column += TTile.Columns)
        {
            var width = Math.Min(TTile.Columns, plan.HeadDim - column);
            var panel = buffers.Values + ((nint)column * plan.TokenWords);
            if (TDot.Depth == sizeof(int))
            {
                Interleave(buffers.Codes + column, plan.CodeStride, plan.Tokens, width, (sbyte*)panel, TTile.Columns);
            }
            else
            {
                Interleave(buffers.Codes + column, plan.CodeStride, plan.Tokens, width, (short*)panel, TTile.Columns);
            }
        }

        // A weight of zero: see Weigh.
        var zero =
            TDot.IsUnsigned ? 0
            : TDot.Depth == sizeof(int) ? unchecked((int)0x80808080)
            : unchecked((int)0xFF80FF80);
        Initialize<TTile>(
            zero,
            buffers.Zeros,
            buffers.Values,
            plan.TokenWords,
            plan.ValueColumns,
            buffers.ValueInitial
        );
        return scale;
    }

    /// <summary>[tokens, HeadDim] to codes with one scale, max |x| / 127, which is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Quantize<TSimd, TVector>(Int8AttentionPlan plan, float* source, sbyte* codes)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var (tokens, headDim, stride, codeStride) = (plan.Tokens, plan.HeadDim, plan.TokenStride, plan.CodeStride);
        var whole = headDim - (headDim % TSimd.Lanes);
        TVector maxima = default;
        var largest = 0f;
        var x = source;
        for (var token = 0; token < tokens; token++, x += stride)
        {
            for (var i = 0; i < whole; i += TSimd.Lanes)
            {
                maxima = TSimd.Max(maxima, TSimd.Abs(TSimd.Load(x + i)));
            }

            for (var i = whole; i < headDim; i++)
            {
                largest = MathF.Max(largest, MathF.Abs(x[i]));
            }
        }

        largest = MathF.Max(largest, TSimd.Max(maxima));
        var factor = largest > 0 ? Int8Vectors.Limit / largest : 0;
        var factors = TSimd.Broadcast(factor);
        x = source;
        for (var token = 0; token < tokens; token++, x += stride, codes += codeStride)
        {
            for (var i = 0; i < whole; i += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Multiply(TSimd.Load(x + i), factors), codes + i);
            }

            for (var i = whole; i < headDim; i++)
            {
                codes[i] = (sbyte)MathF.Round(x[i] * factor);
            }
        }

        return largest / Int8Vectors.Limit;
    }

    private static Span<int> WriteWords<TDot, TWords>(Int8AttentionPlan plan, Int8AttentionBuffers buffers)
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
    {
        var words = new Span<int>(buffers.Queries, plan.Tokens * plan.HeadWords);
        Int8Words.Write<TDot, TWords>(new ReadOnlySpan<sbyte>(buffers.Codes, plan.Tokens * plan.CodeStride), words);
        return words;
    }

    /// <summary>Rows [tokens, depth] of words to panels [depth, width].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter(int* words, int tokens, int depth, int width, int* panels)
    {
        for (var token = 0; token < tokens; token++, words += depth)
        {
            var target = panels + ((nint)(token / width) * width * depth) + (token % width);
            for (var word = 0; word < depth; word++, target += width)
            {
                *target = words[word];
            }
        }
    }

    /// <summary>[tokens, count] to words of four successive tokens, [tokens / 4, width, 4].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(sbyte* codes, int stride, int tokens, int count, sbyte* panel, int width)
    {
        for (var token = 0; token < tokens; token++, codes += stride)
        {
            var target = panel + ((nint)(token / 4) * width * 4) + (token % 4);
            for (var i = 0; i < count; i++)
            {
                target[i * 4] = codes[i];
            }
        }
    }

    /// <summary>[tokens, count] to words of two successive tokens, [tokens / 2, width, 2].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(sbyte* codes, int stride, int tokens, int count, short* panel, int width)
    {
        for (var token = 0; token < tokens; token++, codes += stride)
        {
            var target = panel + ((nint)(token / 2) * width * 2) + (token % 2);
            for (var i = 0; i < count; i++)
            {
                target[i * 2] = codes[i];
            }
        }
    }

    /// <summary>
    /// The initial values of sums over the panels, so that operands whose zero is the word <paramref name="zero"/>
    /// count from there: the product of such zeros with the panels, negated.
    /// </summary>
    private static void Initialize<TTile>(int zero, int* zeros, int* panels, int depth, int columns, int* initial)
        where TTile : ITile<int>
    {
        var starts = new Span<int>(initial, columns);
        starts.Clear();
        if (zero == 0)
        {
            return;
        }

        new Span<int>(zeros, depth).Fill(zero);
        for (var column = 0; column < columns; column += TTile.Columns)
        {
            var sums = initial + column;
            TTile.Multiply(zeros, 0, 1, panels + ((nint)column * depth), depth, sums, sums, TTile.Columns);
        }

        TensorPrimitives.Negate(starts, starts);
    }
}
