using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// y = gamma (h - mean h) / sqrt(var h + epsilon) + beta with h = x + residual, over each row of [rows, width]
/// (Ba et al., arXiv 1607.06450); the variance is that of the population.
/// </summary>
public static unsafe class LayerNorm
{
    /// <summary>Normalizes each row.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="residual">[rows, width] added to <paramref name="x"/> first, or empty for none.</param>
    /// <param name="gamma">[width], the scale.</param>
    /// <param name="beta">[width], the shift.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">[rows, width]; may be <paramref name="x"/> or <paramref name="residual"/> itself.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Apply(
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> residual,
        ReadOnlySpan<float> gamma,
        ReadOnlySpan<float> beta,
        float epsilon,
        Span<float> y
    )
    {
        if (Simd512.IsSupported)
        {
            Apply<Simd512, Vector512<float>>(x, residual, gamma, beta, epsilon, y);
        }
        else if (Simd256.IsSupported)
        {
            Apply<Simd256, Vector256<float>>(x, residual, gamma, beta, epsilon, y);
        }
        else
        {
            Apply<Simd128, Vector128<float>>(x, residual, gamma, beta, epsilon, y);
        }
    }

    internal static void Apply<TSimd, TVector>(
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> residual,
        ReadOnlySpan<float> gamma,
        ReadOnlySpan<float> beta,
        float epsilon,
        Span<float> y
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        Shape.Check(beta.Length, gamma.Length, nameof(beta));
        Shape.Check(y.Length, x.Length, nameof(y));
        var rows = Shape.Rows(x.Length, gamma.Length, nameof(x));
        if (!residual.IsEmpty)
        {
            Shape.Check(residual.Length, x.Length, nameof(residual));
        }

        fixed (
            float* px = x,
                pr = residual,
                pg = gamma,
                pb = beta,
                py = y
        )
        {
            for (nint row = 0; row < rows; row++)
            {
                var offset = row * gamma.Length;
                var r = pr is null ? null : pr + offset;
                Normalize<TSimd, TVector>(px + offset, r, pg, pb, epsilon, py + offset, gamma.Length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize<TSimd, TVector>(
        float* x,
        float* residual,
        float* gamma,
        float* beta,
        float epsilon,
        float* y,
        int width
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var whole = width - (width % TSimd.Lanes);
        TVector sums = default;
        for (var i = 0; i < whole; i += TSimd.Lanes)
        {
            var h = TSimd.Load(x + i);
            if (residual is not null)
            {
                h = TSimd.Add(h, TSimd.Load(residual + i));
            }

            TSimd.Store(h, y + i);
            sums = TSimd.Add(sums, h);
        }

        var sum = TSimd.Sum(sums);
        for (var i = whole; i < width; i++)
        {
            y[i] = residual is null ? x[i] : x[i] + residual[i];
            sum += y[i];
        }

        var mean = sum / width;
        var means = TSimd.Broadcast(mean);
        TVector squares = default;
        for (var i = 0; i < whole; i += TSimd.Lanes)
        {
            var centered = TSimd.Subtract(TSimd.Load(y + i), means);
            squares = TSimd.MultiplyAdd(centered, centered, squares);
        }

        var square = TSimd.Sum(squares);
        for (var i = whole; i < width; i++)
        {
            square += (y[i] - mean) * (y[i] - mean);
        }

        var scale = 1 / MathF.Sqrt((square / width) + epsilon);
        var scales = TSimd.Broadcast(scale);
        for (var i = 0; i < whole; i += TSimd.Lanes)
        {
            var normal = TSimd.Multiply(TSimd.Subtract(TSimd.Load(y + i), means), scales);
            TSimd.Store(TSimd.MultiplyAdd(normal, TSimd.Load(gamma + i), TSimd.Load(beta + i)), y + i);
        }

        for (var i = whole; i < width; i++)
        {
            y[i] = ((y[i] - mean) * scale * gamma[i]) + beta[i];
        }
    }
}
