using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>A function of one element, computed for a vector of them at any width.</summary>
internal interface IElementFunction
{
    /// <summary>The image of each element.</summary>
    public static abstract TVector Of<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged;
}

/// <summary>Applies a function to every element of a span, in place.</summary>
internal static unsafe class ElementLoop
{
    /// <summary>At the widest vectors that the machine has.</summary>
    /// <param name="values">Any length.</param>
    public static void Apply<TFunction>(Span<float> values)
        where TFunction : IElementFunction
    {
        if (Simd512.IsSupported)
        {
            Apply<TFunction, Simd512, Vector512<float>>(values);
        }
        else if (Simd256.IsSupported)
        {
            Apply<TFunction, Simd256, Vector256<float>>(values);
        }
        else
        {
            Apply<TFunction, Simd128, Vector128<float>>(values);
        }
    }

    /// <summary>At one width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<TFunction, TSimd, TVector>(Span<float> values)
        where TFunction : IElementFunction
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        fixed (float* p = values)
        {
            var i = 0;
            for (; i <= values.Length - TSimd.Lanes; i += TSimd.Lanes)
            {
                TSimd.Store(TFunction.Of<TSimd, TVector>(TSimd.Load(p + i)), p + i);
            }

            if (i < values.Length)
            {
                var rest = TSimd.LoadFirst(p + i, values.Length - i);
                TSimd.StoreFirst(TFunction.Of<TSimd, TVector>(rest), p + i, values.Length - i);
            }
        }
    }
}
