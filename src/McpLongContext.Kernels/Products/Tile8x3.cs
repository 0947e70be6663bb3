using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>Eight rows by three vectors: 24 accumulators, for 32 vector registers.</summary>
/// <remarks>Per step 3 loads and 8 broadcasts feed 24 multiply-adds, enough to hide their latency on two
/// ports.</remarks>
internal readonly unsafe struct Tile8x3<TArithmetic, TElement, TVector> : ITile<TElement>
    where TArithmetic : IMultiplyAdd<TArithmetic, TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged
{
    public static int Rows => 8;

    public static int Columns => 3 * TArithmetic.Lanes;

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
        nint lanes = TArithmetic.Lanes;
        var c00 = TArithmetic.Load(initial);
        var c01 = TArithmetic.Load(initial + lanes);
        var c02 = TArithmetic.Load(initial + (2 * lanes));
        var c10 = c00;
        var c11 = c01;
        var c12 = c02;
        var c20 = c00;
        var c21 = c01;
        var c22 = c02;
        var c30 = c00;
        var c31 = c01;
        var c32 = c02;
        var c40 = c00;
        var c41 = c01;
        var c42 = c02;
        var c50 = c00;
        var c51 = c01;
        var c52 = c02;
        var c60 = c00;
        var c61 = c01;
        var c62 = c02;
        var c70 = c00;
        var c71 = c01;
        var c72 = c02;

        for (nint k = 0; k < depth; k++, b += Columns)
        {
            var b0 = TArithmetic.Load(b);
            var b1 = TArithmetic.Load(b + lanes);
            var b2 = TArithmetic.Load(b + (2 * lanes));
            var x = TArithmetic.Broadcast(a[k]);
            c00 = TArithmetic.MultiplyAdd(x, b0, c00);
            c01 = TArithmetic.MultiplyAdd(x, b1, c01);
            c02 = TArithmetic.MultiplyAdd(x, b2, c02);
            x = TArithmetic.Broadcast(a1[k]);
            c10 = TArithmetic.MultiplyAdd(x, b0, c10);
            c11 = TArithmetic.MultiplyAdd(x, b1, c11);
            c12 = TArithmetic.MultiplyAdd(x, b2, c12);
            x = TArithmetic.Broadcast(a2[k]);
            c20 = TArithmetic.MultiplyAdd(x, b0, c20);
            c21 = TArithmetic.MultiplyAdd(x, b1, c21);
            c22 = TArithmetic.MultiplyAdd(x, b2, c22);
            x = TArithmetic.Broadcast(a3[k]);
            c30 = TArithmetic.MultiplyAdd(x, b0, c30);
            c31 = TArithmetic.MultiplyAdd(x, b1, c31);
            c32 = TArithmetic.MultiplyAdd(x, b2, c32);
            x = TArithmetic.Broadcast(a4[k]);
            c40 = TArithmetic.MultiplyAdd(x, b0, c40);
            c41 = TArithmetic.MultiplyAdd(x, b1, c41);
            c42 = TArithmetic.MultiplyAdd(x, b2, c42);
            x = TArithmetic.Broadcast(a5[k]);
            c50 = TArithmetic.MultiplyAdd(x, b0, c50);
            c51 = TArithmetic.MultiplyAdd(x, b1, c51);
            c52 = TArithmetic.MultiplyAdd(x, b2, c52);
            x = TArithmetic.Broadcast(a6[k]);
            c60 = TArithmetic.MultiplyAdd(x, b0, c60);
            c61 = TArithmetic.MultiplyAdd(x, b1, c61);
            c62 = TArithmetic.MultiplyAdd(x, b2, c62);
            x = TArithmetic.Broadcast(a7[k]);
            c70 = TArithmetic.MultiplyAdd(x, b0, c70);
            c71 = TArithmetic.MultiplyAdd(x, b1, c71);
            c72 = TArithmetic.MultiplyAdd(x, b2, c72);
        }

        TArithmetic.Store(c00, c);
        TArithmetic.Store(c01, c + lanes);
        TArithmetic.Store(c02, c + (2 * lanes));
        c = rows > 1 ? c + cStride : c;
        TArithmetic.Store(c10, c);
        TArithmetic.Store(c11, c + lanes);
        TArithmetic.Store(c12, c + (2 * lanes));
        c = rows > 2 ? c + cStride : c;
        TArithmetic.Store(c20, c);
        TArithmetic.Store(c21, c + lanes);
        TArithmetic.Store(c22, c + (2 * lanes));
        c = rows > 3 ? c + cStride : c;
        TArithmetic.Store(c30, c);
        TArithmetic.Store(c31, c + lanes);
        TArithmetic.Store(c32, c + (2 * lanes));
        c = rows > 4 ? c + cStride : c;
        TArithmetic.Store(c40, c);
        TArithmetic.Store(c41, c + lanes);
        TArithmetic.Store(c42, c + (2 * lanes));
        c = rows > 5 ? c + cStride : c;
        TArithmetic.Store(c50, c);
        TArithmetic.Store(c51, c + lanes);
        TArithmetic.Store(c52, c + (2 * lanes));
        c = rows > 6 ? c + cStride : c;
        TArithmetic.Store(c60, c);
        TArithmetic.Store(c61, c + lanes);
        TArithmetic.Store(c62, c + (2 * lanes));
        c = rows > 7 ? c + cStride : c;
        TArithmetic.Store(c70, c);
        TArithmetic.Store(c71, c + lanes);
        TArithmetic.Store(c72, c + (2 * lanes));
    }
}
