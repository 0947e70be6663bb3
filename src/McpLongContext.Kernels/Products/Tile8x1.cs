using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>Eight rows by one vector: 8 accumulators, which hide the latency of multiply-adds on two ports.</summary>
/// <remarks>For as few outputs as a question has tokens, where more vectors would be padding.</remarks>
internal readonly unsafe struct Tile8x1<TArithmetic, TElement, TVector> : ITile<TElement>
    where TArithmetic : IMultiplyAdd<TArithmetic, TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged
{
    public static int Rows => 8;

    public static int Columns => TArithmetic.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        TElement* a,
        nint aStride,
        int rows,
        TElement* b,
        int depth,
        TElement* initial,
        TElement* c,
        nint cStride
    )
    {
        var a1 = rows > 1 ? a + aStride : a;
        var a2 = rows > 2 ? a1 + aStride : a1;
        var a3 = rows > 3 ? a2 + aStride : a2;
        var a4 = rows > 4 ? a3 + aStride : a3;
        var a5 = rows > 5 ? a4 + aStride : a4;
        var a6 = rows > 6 ? a5 + aStride : a5;
        var a7 = rows > 7 ? a6 + aStride : a6;
        var c0 = TArithmetic.Load(initial);
        var c1 = c0;
        var c2 = c0;
        var c3 = c0;
        var c4 = c0;
        var c5 = c0;
        var c6 = c0;
        var c7 = c0;

        for (nint k = 0; k < depth; k++, b += Columns)
        {
            var b0 = TArithmetic.Load(b);
            c0 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a[k]), b0, c0);
            c1 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a1[k]), b0, c1);
            c2 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a2[k]), b0, c2);
            c3 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a3[k]), b0, c3);
            c4 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a4[k]), b0, c4);
            c5 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a5[k]), b0, c5);
            c6 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a6[k]), b0, c6);
            c7 = TArithmetic.MultiplyAdd(TArithmetic.Broadcast(a7[k]), b0, c7);
        }

        TArithmetic.Store(c0, c);
        c = rows > 1 ? c + cStride : c;
        TArithmetic.Store(c1, c);
        c = rows > 2 ? c + cStride : c;
        TArithmetic.Store(c2, c);
        c = rows > 3 ? c + cStride : c;
        TArithmetic.Store(c3, c);
        c = rows > 4 ? c + cStride : c;
        TArithmetic.Store(c4, c);
        c = rows > 5 ? c + cStride : c;
        TArithmetic.Store(c5, c);
        c = rows > 6 ? c + cStride : c;
        TArithmetic.Store(c6, c);
        c = rows > 7 ? c + cStride : c;
        TArithmetic.Store(c7, c);
    }
}
