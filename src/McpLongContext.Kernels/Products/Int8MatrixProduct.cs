using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Y = activation(X W^T + bias) with W in int8: X [rows, inputs] is quantized row by row as it comes,
/// x ~ a * code with a = max |x| / 127, the codes are multiplied and summed exactly in integers, and the sum leaves the
/// cache as a * scale * sum + bias, activated.
/// </summary>
/// <remarks>One thread: callers run several sequences side by side.</remarks>
public static unsafe class Int8MatrixProduct
{
    /// <summary>
    /// Rows of X that are quantized and multiplied at a time: their codes stay in the first-level cache.
    /// </summary>
    private const int BlockRows = 48;

    /// <summary>Multiplies.</summary>
    /// <param name="x">[rows, inputs], row-major, finite.</param>
    /// <param name="weights">The packed [outputs, inputs].</param>
    /// <param name="bias">[outputs], or empty for none.</param>
    /// <param name="y">[rows, outputs], row-major; must not overlap <paramref name="x"/>.</param>
    /// <param name="activation">Applied to the sum.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Multiply(
        ReadOnlySpan<float> x,
        Int8PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation = Activation.None
    )
    {
        if (VnniTile.IsSupported)
        {
            Multiply<VnniTile, ByteDotProduct512, Vector512<int>, Simd512, Vector512<float>>(
                x,
                weights,
                bias,
                y,
                activation
            );
        }
        else if (ByteDotProduct256.IsSupported)
        {
            if (Simd512.IsSupported)
            {
                Multiply<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd512,
                    Vector512<float>
                >(x, weights, bias, y, activation);
            }
            else
            {
                Multiply<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >(x, weights, bias, y, activation);
            }
        }
        else if (ShortDotProduct512.IsSupported)
        {
            Multiply<
                Tile8x3<ShortDotProduct512, int, Vector512<int>>,
                ShortDotProduct512,
                Vector512<int>,
                Simd512,
                Vector512<float>
            >(x, weights, bias, y, activation);
        }
        else if (ShortDotProduct256.IsSupported)
        {
            Multiply<
                Tile6x2<ShortDotProduct256, int, Vector256<int>>,
                ShortDotProduct256,
                Vector256<int>,
                Simd256,
                Vector256<float>
            >(x, weights, bias, y, activation);
        }
        else
        {
            Multiply<
                Tile8x2<ByteDotProduct128, int, Vector128<int>>,
                ByteDotProduct128,
                Vector128<int>,
                Simd128,
                Vector128<float>
            >(x, weights, bias, y, activation);
        }
    }

    internal static void Multiply<TTile, TDot, TWords, TSimd, TVector>(
        ReadOnlySpan<float> x,
        Int8PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation
    )
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TWords>
        where TWords : unmanaged
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentNullException.ThrowIfNull(weights);
        var rows = Shape.Rows(x.Length, weights.Inputs, nameof(x));
        Shape.Check(y.Length, rows, weights.Outputs, nameof(y));
        if (!bias.IsEmpty)
        {
            Shape.Check(bias.Length, weights.Outputs, nameof(bias));
        }

        var words = ArrayPool<int>.Shared.Rent(BlockRows * weights.Words);
        var codes = ArrayPool<sbyte>.Shared.Rent(weights.Inputs);
        Span<float> scales = stackalloc float[BlockRows];
        for (var start = 0; start < rows; start += BlockRows)
        {
            var count = Math.Min(BlockRows, rows - start);
            for (var row = 0; row < count; row++)
            {
                var source = x.Slice((start + row) * weights.Inputs, weights.Inputs);
                var code = codes.AsSpan(0, weights.Inputs);
                var target = words.AsSpan(row * weights.Words, weights.Words);
                Int8Vectors.Quantize<TSimd, TVector>(source, code, scales.Slice(row, 1));
                Int8Words.Write<TDot, TWords>(code, target);
                if (TDot.IsUnsigned)
                {
                    Int8Words.MakeUnsigned(target);
                }
            }

            var block = y.Slice(start * weights.Outputs, count * weights.Outputs);
            MultiplyBlock<TTile, TSimd, TVector>(words, scales[..count], weights, bias, block, activation);
        }

        ArrayPool<sbyte>.Shared.Return(codes);
        ArrayPool<int>.Shared.Return(words);
        GC.KeepAlive(weights);
    }

    private static void MultiplyBlock<TTile, TSimd, TVector>(
        ReadOnlySpan<int> words,
        ReadOnlySpan<float> scales,
        Int8PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation
    )
        where TTile : ITile<int>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var sums = stackalloc int[TTile.Rows * TTile.Columns];
        var edge = stackalloc float[TTile.Rows * TTile.Columns];
        var shift = stackalloc float[TTile.Columns];
        new Span<float>(shift, TTile.Columns).Clear();
        fixed (int* a = words)
        fixed (
            float* py = y,
                ps = scales
        )
        {
            for (var panel = 0; panel < weights.Panels; panel++)
            {
                var column = panel * TTile.Columns;
                var width = Math.Min(TTile.Columns, weights.Outputs - column);
                if (!bias.IsEmpty)
                {
                    bias.Slice(column, width).CopyTo(new Span<float>(shift, width));
                }

                for (var row = 0; row < scales.Length; row += TTile.Rows)
                {
                    var tileRows = Math.Min(TTile.Rows, scales.Length - row);
                    TTile.Multiply(
                        a + (row * weights.Words),
                        weights.Words,
                        tileRows,
                        weights.Panel(panel),
                        weights.Words,
                        weights.Initial(panel),
                        sums,
                        TTile.Columns
                    );
                    var target = py + ((nint)row * weights.Outputs) + column;
                    var whole = width == TTile.Columns;
                    Dequantize<TSimd, TVector>(
                        sums,
                        tileRows,
                        TTile.Columns,
                        ps + row,
                        weights.Scales(panel),
                        shift,
                        activation,
                        whole ? target : edge,
                        whole ? weights.Outputs : TTile.Columns
                    );
                    if (!whole)
                    {
                        MatrixProduct.Copy(edge, TTile.Columns, target, weights.Outputs, tileRows, width);
                    }
                }
            }
        }
    }

    /// <summary>
    /// y = activation(rowScales * scales * sums + shift) for a tile, its rows <paramref name="yStride"/> apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dequantize<TSimd, TVector>(
        int* sums,
        int rows,
        int columns,
        float* rowScales,
        float* scales,
        float* shift,
        Activation activation,
        float* y,
        nint yStride
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        for (var row = 0; row < rows; row++, sums += columns, y += yStride)
        {
            var rowScale = TSimd.Broadcast(rowScales[row]);
            for (var column = 0; column < columns; column += TSimd.Lanes)
            {
                var factor = TSimd.Multiply(rowScale, TSimd.Load(scales + column));
                var value = TSimd.MultiplyAdd(TSimd.Load(sums + column), factor, TSimd.Load(shift + column));
                TSimd.Store(activation == Activation.Gelu ? Gelu.Of<TSimd, TVector>(value) : value, y + column);
            }
        }
    }
}
