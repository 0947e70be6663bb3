using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace McpLongContext.Kernels.Buffers;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's own instruction where it has one. It finds every
/// error of up to 32 adjacent bits and every single flipped bit.
/// </summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    /// <param name="data">The bytes.</param>
    public static uint Of(ReadOnlySpan<byte> data) => ~Update(uint.MaxValue, data);

    /// <summary>Feeds bytes into the running state, which starts at all ones and is inverted at the end.</summary>
    /// <param name="state">The state so far.</param>
    /// <param name="data">The bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Update(uint state, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var value in data)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Feeds a number into the running state.</summary>
    /// <param name="state">The state so far.</param>
    /// <param name="value">The number; its eight bytes, the lowest first.</param>
    public static uint Update(uint state, long value) => BitOperations.Crc32C(state, (ulong)value);
}
