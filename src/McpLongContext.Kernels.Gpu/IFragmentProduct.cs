using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The words of a lane, of 16 rows of words: rows g and g + 8, words t and t + 4, where g is a quarter of the lane's
/// number and t the rest.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RowFragment(int Upper, int Lower, int UpperRight, int LowerRight);

/// <summary>The sums of a lane, of 16 x 8 sums: rows g and g + 8, columns 2t and 2t + 1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SumFragment<TSum>(TSum UpperLeft, TSum UpperRight, TSum LowerLeft, TSum LowerRight)
    where TSum : unmanaged;

/// <summary>
/// Products of 16 rows with 8 columns, 8 words long, by the lanes of a warp together: the shapes m16n8k32 of codes and
/// m16n8k16 of halves, which spread over the lanes alike (PTX ISA, warp-level matrix instructions). Keeps the sums of eight
/// of them. Which one is always a constant: inline instructions are literals where they are emitted, so that each format and
/// each of the sums has a line of its own.
/// </summary>
/// <typeparam name="TSum">The type of sums.</typeparam>
internal interface IFragmentProduct<TSum>
    where TSum : unmanaged
{
    /// <summary>Makes all sums zero; once, before anything else.</summary>
    public void Clear();

    /// <summary>Adds a product to sums.</summary>
    /// <param name="index">Of the sums, 0 to 7.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="first">Word t of column g.</param>
    /// <param name="second">Word t + 4 of column g.</param>
    public void Add(int index, RowFragment rows, int first, int second);

    /// <summary>The sums.</summary>
    /// <param name="index">0 to 7.</param>
    public SumFragment<TSum> Sums(int index);

    /// <summary>A sum as a number.</summary>
    public float ToFloat(TSum sum);
}
