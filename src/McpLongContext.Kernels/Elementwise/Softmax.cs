using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>softmax(x)_i = e^(x_i - max x) / sum_j e^(x_j - max x), over each row of [rows, width].</summary>
public static unsafe class Softmax
{
    internal const float Log2E = 1.44269504f;

    /// <summary>Replaces each row by its softmax.</summary>
    /// <param name="values">[rows, width], row-major, finite.</param>
    /// <param name="width">The length of a row, positive.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="values"/> is not a multiple of the
    /// width.</exception>
    public static void Apply(Span<float> values, int width)
    {
        if (Simd512.IsSupported)
        {
            Apply<Simd512, Vector512<float>>(values, width);
        }
        else if (Simd256.IsSupported)
        {
            Apply<Simd256, Vector256<float>>(values, width);
        }
        else
        {
            Apply<Simd128, Vector128<float>>(values, width);
        }
    }

    internal static void Apply<TSimd, TVector>(Span<float> values, int width)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        var rows = Shape.Rows(values.Length, width, nameof(values));
        fixed (float* p = values)
        {
            for (var row = 0; row < rows; row++)
            {
                var start = p + ((nint)row * width);
                var max = Largest<TSimd, TVector>(start, width);
                var sum = Exponentiate<TSimd, TVector>(start, width, max, Log2E);
                Divide<TSimd, TVector>(start, width, sum);
            }
        }
    }

    /// <summary>max x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Largest<TSimd, TVector>(float* x, int width)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var maxima = TSimd.Broadcast(x[0]);
        var i = 0;
        for (; i <= width - TSimd.Lanes; i += TSimd.Lanes)
        {
            maxima = TSimd.Max(maxima, TSimd.Load(x + i));
        }

        var max = TSimd.Max(maxima);
        for (; i < width; i++)
        {
            max = MathF.Max(max, x[i]);
        }

        return max;
    }

    /// <summary>
    /// x_i becomes 2^(factor (x_i - max)); returns the sum of the results. Factor log2(e) gives e^(x_i - max).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Exponentiate<TSimd, TVector>(float* x, int width, float max, float factor)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var whole = width - (width % TSimd.Lanes);
        var scale = TSimd.Broadcast(factor);
        var shift = TSimd.Broadcast(-max * factor);
        TVector sums = default;
        for (var i = 0; i < whole; i += TSimd.Lanes)
        {
            var power = Exponential.PowerOfTwo<TSimd, TVector>(TSimd.MultiplyAdd(TSimd.Load(x + i), scale, shift));
            TSimd.Store(power, x + i);
            sums = TSimd.Add(sums, power);
        }

        var sum = TSimd.Sum(sums);
        if (whole < width)
        {
            var rest = TSimd.MultiplyAdd(TSimd.LoadFirst(x + whole, width - whole), scale, shift);
            TSimd.StoreFirst(Exponential.PowerOfTwo<TSimd, TVector>(rest), x + whole, width - whole);
            for (var i = whole; i < width; i++)
            {
                sum += x[i];
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide<TSimd, TVector>(float* x, int width, float divisor)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factor = 1 / divisor;
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= width - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(x + i), factors), x + i);
        }

        for (; i < width; i++)
        {
            x[i] *= factor;
        }
    }
}
