using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu;

/// <summary>What a lane has of 16 rows of words: rows g and g + 8, words t and t + 4, where g is a quarter of the lane's
/// number and t the rest.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RowFragment(int Upper, int Lower, int UpperRight, int LowerRight);

/// <summary>What a lane has of 16 x 8 sums: rows g and g + 8, columns 2t and 2t + 1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SumFragment<TSum>(TSum UpperLeft, TSum UpperRight, TSum LowerLeft, TSum LowerRight)
    where TSum : unmanaged;

/// <summary>
/// The product of 16 rows with 8 columns, 8 words long, by the lanes of a warp together: the shapes m16n8k32 of codes and
/// m16n8k16 of halves, which spread over the lanes alike (PTX ISA, warp-level matrix instructions).
/// </summary>
/// <typeparam name="TSum">What sums are kept in.</typeparam>
internal interface IFragmentProduct<TSum>
    where TSum : unmanaged
{
    /// <summary>Adds the product to the sums.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="first">Word t of column g.</param>
    /// <param name="second">Word t + 4 of column g.</param>
    public SumFragment<TSum> Add(SumFragment<TSum> sums, RowFragment rows, int first, int second);

    /// <summary>A sum as a number.</summary>
    public float ToFloat(TSum sum);
}

/// <summary>Codes of eight bits in tensor cores, from compute capability 8.0 on.</summary>
internal readonly struct TensorCodes : IFragmentProduct<int>
{
    /// <inheritdoc/>
    public SumFragment<int> Add(SumFragment<int> sums, RowFragment rows, int first, int second)
    {
        Ref<int> a = sums.UpperLeft;
        Ref<int> b = sums.UpperRight;
        Ref<int> c = sums.LowerLeft;
        Ref<int> d = sums.LowerRight;
        Input<int> x0 = rows.Upper;
        Input<int> x1 = rows.Lower;
        Input<int> x2 = rows.UpperRight;
        Input<int> x3 = rows.LowerRight;
        Input<int> w0 = first;
        Input<int> w1 = second;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};",
            ref a,
            ref b,
            ref c,
            ref d,
            ref x0,
            ref x1,
            ref x2,
            ref x3,
            ref w0,
            ref w1
        );
        return new SumFragment<int>(a.Value, b.Value, c.Value, d.Value);
    }

    /// <inheritdoc/>
    public float ToFloat(int sum) => sum;
}

/// <summary>Numbers of 16 bits in tensor cores, summed in 32 bits, from compute capability 8.0 on.</summary>
internal readonly struct TensorHalves : IFragmentProduct<float>
{
    /// <inheritdoc/>
    public SumFragment<float> Add(SumFragment<float> sums, RowFragment rows, int first, int second)
    {
        Ref<float> a = sums.UpperLeft;
        Ref<float> b = sums.UpperRight;
        Ref<float> c = sums.LowerLeft;
        Ref<float> d = sums.LowerRight;
        Input<int> x0 = rows.Upper;
        Input<int> x1 = rows.Lower;
        Input<int> x2 = rows.UpperRight;
        Input<int> x3 = rows.LowerRight;
        Input<int> w0 = first;
        Input<int> w1 = second;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};",
            ref a,
            ref b,
            ref c,
            ref d,
            ref x0,
            ref x1,
            ref x2,
            ref x3,
            ref w0,
            ref w1
        );
        return new SumFragment<float>(a.Value, b.Value, c.Value, d.Value);
    }

    /// <inheritdoc/>
    public float ToFloat(float sum) => sum;
}

/// <summary>The same product without tensor cores: lanes read each other's words.</summary>
internal readonly struct ShuffledFragments<TProduct, TSum> : IFragmentProduct<TSum>
    where TProduct : struct, IWordProduct<TSum>
    where TSum : unmanaged
{
    /// <inheritdoc/>
    public SumFragment<TSum> Add(SumFragment<TSum> sums, RowFragment rows, int first, int second)
    {
        var (row, column) = (Warp.LaneIdx / 4 * 4, Warp.LaneIdx % 4 * 8);
        var (a, b, c, d) = (sums.UpperLeft, sums.UpperRight, sums.LowerLeft, sums.LowerRight);
        for (var word = 0; word < 4; word++)
        {
            var (upper, lower) = (Warp.Shuffle(rows.Upper, row + word), Warp.Shuffle(rows.Lower, row + word));
            var left = Warp.Shuffle(first, column + word);
            var right = Warp.Shuffle(first, column + 4 + word);
            a = default(TProduct).Add(a, upper, left);
            b = default(TProduct).Add(b, upper, right);
            c = default(TProduct).Add(c, lower, left);
            d = default(TProduct).Add(d, lower, right);
            upper = Warp.Shuffle(rows.UpperRight, row + word);
            lower = Warp.Shuffle(rows.LowerRight, row + word);
            left = Warp.Shuffle(second, column + word);
            right = Warp.Shuffle(second, column + 4 + word);
            a = default(TProduct).Add(a, upper, left);
            b = default(TProduct).Add(b, upper, right);
            c = default(TProduct).Add(c, lower, left);
            d = default(TProduct).Add(d, lower, right);
        }

        return new SumFragment<TSum>(a, b, c, d);
    }

    /// <inheritdoc/>
    public float ToFloat(TSum sum) => default(TProduct).ToFloat(sum);
}
