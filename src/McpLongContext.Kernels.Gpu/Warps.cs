using ILGPU;

namespace McpLongContext.Kernels.Gpu;

/// <summary>Reductions over the lanes of a warp; every lane gets the result.</summary>
internal static class Warps
{
    public static float Sum(float value)
    {
        for (var offset = Warp.WarpSize / 2; offset > 0; offset /= 2)
        {
            value += Warp.ShuffleXor(value, offset);
        }

        return value;
    }

    public static float Max(float value)
    {
        for (var offset = Warp.WarpSize / 2; offset > 0; offset /= 2)
        {
            value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, offset));
        }

        return value;
    }

    public static int Min(int value)
    {
        for (var offset = Warp.WarpSize / 2; offset > 0; offset /= 2)
        {
            value = IntrinsicMath.Min(value, Warp.ShuffleXor(value, offset));
        }

        return value;
    }
}
