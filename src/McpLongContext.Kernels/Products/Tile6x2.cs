using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>Six rows by two vectors: 12 accumulators, for 16 vector registers.</summary>
/// <remarks>Per step 2 loads and 6 broadcasts feed 12 multiply-adds.</remarks>
internal readonly unsafe struct Tile6x2<TArithmetic, TElement, TVector> : ITile<TElement>
    where TArithmetic : IMultiplyAdd<TArithmetic, TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged
{
    public static int Rows => 6;

    public static int Columns => 2 * TArithmetic.Lanes;

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
        nint lanes = TArithmetic.Lanes;
        var c00 = TArithmetic.Load(initial);
        var c01 = TArithmetic.Load(initial + lanes);
        var c10 = c00;
        var c11 = c01;
        var c20 = c00;
        var c21 = c01;
        var c30 = c00;
        var c31 = c01;
        var c40 = c00;
        var c41 = c01;
        var c50 = c00;
        var c51 = c01;

        for (nint k = 0; k < depth; k++, b += Columns)
        {
            var b0 = TArithmetic.Load(b);
            var b1 = TArithmetic.Load(b + lanes);
            var x = TArithmetic.Broadcast(a[k]);
            c00 = TArithmetic.MultiplyAdd(x, b0, c00);
            c01 = TArithmetic.MultiplyAdd(x, b1, c01);
            x = TArithmetic.Broadcast(a1[k]);
            c10 = TArithmetic.MultiplyAdd(x, b0, c10);
            c11 = TArithmetic.MultiplyAdd(x, b1, c11);
            x = TArithmetic.Broadcast(a2[k]);
            c20 = TArithmetic.MultiplyAdd(x, b0, c20);
            c21 = TArithmetic.MultiplyAdd(x, b1, c21);
            x = TArithmetic.Broadcast(a3[k]);
            c30 = TArithmetic.MultiplyAdd(x, b0, c30);
            c31 = TArithmetic.MultiplyAdd(x, b1, c31);
            x = TArithmetic.Broadcast(a4[k]);
            c40 = TArithmetic.MultiplyAdd(x, b0, c40);
            c41 = TArithmetic.MultiplyAdd(x, b1, c41);
            x = TArithmetic.Broadcast(a5[k]);
            c50 = TArithmetic.MultiplyAdd(x, b0, c50);
            c51 = TArithmetic.MultiplyAdd(x, b1, c51);
        }

        TArithmetic.Store(c00, c);
        TArithmetic.Store(c01, c + lanes);
        c = rows > 1 ? c + cStride : c;
        TArithmetic.Store(c10, c);
        TArithmetic.Store(c11, c + lanes);
        c = rows > 2 ? c + cStride : c;
        TArithmetic.Store(c20, c);
        TArithmetic.Store(c21, c + lanes);
        c = rows > 3 ? c + cStride : c;
        TArithmetic.Store(c30, c);
        TArithmetic.Store(c31, c + lanes);
        c = rows > 4 ? c + cStride : c;
        TArithmetic.Store(c40, c);
        TArithmetic.Store(c41, c + lanes);
        c = rows > 5 ? c + cStride : c;
        TArithmetic.Store(c50, c);
        TArithmetic.Store(c51, c + lanes);
    }
}
