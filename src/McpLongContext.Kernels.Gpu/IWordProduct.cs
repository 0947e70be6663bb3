using ILGPU;
using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The inner product of the numbers in two words of 32 bits.</summary>
/// <typeparam name="TSum">The type of sums.</typeparam>
internal interface IWordProduct<TSum>
    where TSum : unmanaged
{
    /// <summary>sum + x · w.</summary>
    public TSum Add(TSum sum, int x, int w);

    /// <summary>A sum as a number.</summary>
    public float ToFloat(TSum sum);
}

/// <summary>Four signed codes a word, exactly, on every device.</summary>
internal readonly struct CodeProduct : IWordProduct<int>
{
    /// <inheritdoc/>
    public int Add(int sum, int x, int w) =>
        sum
        + ((x << 24 >> 24) * (w << 24 >> 24))
        + ((x << 16 >> 24) * (w << 16 >> 24))
        + ((x << 8 >> 24) * (w << 8 >> 24))
        + ((x >> 24) * (w >> 24));

    /// <inheritdoc/>
    public float ToFloat(int sum) => sum;
}

/// <summary>Four signed codes a word by one instruction, from compute capability 6.1 on.</summary>
internal readonly struct Dp4aProduct : IWordProduct<int>
{
    /// <inheritdoc/>
    public int Add(int sum, int x, int w)
    {
        CudaAsm.Emit("dp4a.s32.s32 %0, %1, %2, %3;", out int result, x, w, sum);
        return result;
    }

    /// <inheritdoc/>
    public float ToFloat(int sum) => sum;
}

/// <summary>Two numbers of 16 bits a word, summed in 32 bits.</summary>
internal readonly struct HalfProduct : IWordProduct<float>
{
    /// <inheritdoc/>
    public float Add(float sum, int x, int w) =>
        sum
        + ((float)Interop.IntAsFloat((ushort)x) * (float)Interop.IntAsFloat((ushort)w))
        + ((float)Interop.IntAsFloat((ushort)(x >> 16)) * (float)Interop.IntAsFloat((ushort)(w >> 16)));

    /// <inheritdoc/>
    public float ToFloat(float sum) => sum;
}
