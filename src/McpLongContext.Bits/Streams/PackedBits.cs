namespace McpLongContext.Bits.Streams;

/// <summary>Bits packed eight to a byte, the first in the most significant place (big-endian).</summary>
/// <param name="Bytes">[ceil(length / 8)]; the last byte is filled up with zeros.</param>
/// <param name="Length">The true number of bits.</param>
public sealed record PackedBits(ReadOnlyMemory<byte> Bytes, int Length)
{
    /// <summary>Packs bits.</summary>
    /// <param name="bits">Each 0 or 1.</param>
    /// <exception cref="BitFormatException">Something is no bit.</exception>
    public static PackedBits Pack(ReadOnlySpan<byte> bits)
    {
        ByteBits.RequireBits(bits);
        var bytes = new byte[(bits.Length + 7) / 8];
        for (var i = 0; i < bits.Length; i++)
        {
            bytes[i >> 3] |= (byte)(bits[i] << (7 - (i & 7)));
        }

        return new PackedBits(bytes, bits.Length);
    }

    /// <summary>The bits, without what fills up the last byte.</summary>
    /// <exception cref="BitFormatException">The length does not fit the bytes.</exception>
    public byte[] Unpack()
    {
        if (Length < 0 || (Length + 7L) / 8 != Bytes.Length)
        {
            throw new BitFormatException(
                $"a length of {Length} bits found beside {Bytes.Length} bytes, expected {(Bytes.Length * 8L) - 7} to "
                    + $"{Bytes.Length * 8L}."
            );
        }

        var source = Bytes.Span;
        var bits = new byte[Length];
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = (byte)((source[i >> 3] >> (7 - (i & 7))) & 1);
        }

        return bits;
    }
}
