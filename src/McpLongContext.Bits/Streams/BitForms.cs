using System.IO.Compression;

namespace McpLongContext.Bits.Streams;

/// <summary>The forms of bits: writing, reading, and the rule that picks one.</summary>
public static class BitForms
{
    /// <summary>
    /// Mean bits of a run at which run-length coding is as short as packing: a run takes 16 bits.
    /// </summary>
    private const int EvenRun = 16;

    /// <summary>
    /// The form to keep bits in without trying each: run-length coding where runs are longer than what packing them
    /// takes, otherwise packing; DEFLATE where a byte repeats another often enough that it is sure to gain.
    /// </summary>
    /// <param name="bits">Each 0 or 1.</param>
    /// <exception cref="BitFormatException">Something is no bit.</exception>
    public static BitForm Choose(ReadOnlySpan<byte> bits)
    {
        var packed = PackedBits.Pack(bits).Bytes.Span;
        var runs = RunsOf(bits);
        return bits.Length > (long)EvenRun * runs ? BitForm.RunLength
            : EntropyOf(packed) < 0.9 * ByteBits.Payload && packed.Length >= 64 ? BitForm.Deflate
            : BitForm.Packed;
    }

    /// <summary>Writes bits in a form.</summary>
    /// <param name="bits">Each 0 or 1.</param>
    /// <param name="form">The form.</param>
    public static byte[] Write(ReadOnlySpan<byte> bits, BitForm form) =>
        form switch
        {
            BitForm.Packed => PackedBits.Pack(bits).Bytes.ToArray(),
            BitForm.RunLength => RunLength.Encode(bits),
            BitForm.Deflate => Deflate(PackedBits.Pack(bits).Bytes),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
        };

    /// <summary>Reads bits that were written in a form.</summary>
    /// <param name="written">The bytes.</param>
    /// <param name="form">The form.</param>
    /// <param name="length">The true number of bits.</param>
    /// <exception cref="BitFormatException">The bytes are not of this form or length.</exception>
    public static byte[] Read(ReadOnlyMemory<byte> written, BitForm form, int length)
    {
        var bits = form switch
        {
            BitForm.Packed => new PackedBits(written, length).Unpack(),
            BitForm.RunLength => RunLength.Decode(written.Span),
            BitForm.Deflate => new PackedBits(Inflate(written, (length + 7) / 8), length).Unpack(),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
        };
        return bits.Length == length
            ? bits
            : throw new BitFormatException($"{bits.Length} bits found, expected {length}.");
    }

    private static int RunsOf(ReadOnlySpan<byte> bits)
    {
        var runs = bits.IsEmpty ? 0 : 1;
        for (var i = 1; i < bits.Length; i++)
        {
            runs += bits[i] ^ bits[i - 1];
        }

        return runs;
    }

    /// <summary>Bits of information in a byte, by the frequencies of the values.</summary>
    private static double EntropyOf(ReadOnlySpan<byte> bytes)
    {
        Span<int> counts = stackalloc int[256];
        foreach (var value in bytes)
        {
            counts[value]++;
        }

        double entropy = 0;
        foreach (var count in counts)
        {
            var share = (double)count / bytes.Length;
            entropy -= count == 0 ? 0 : share * Math.Log2(share);
        }

        return entropy;
    }

    private static byte[] Deflate(ReadOnlyMemory<byte> bytes)
    {
        using var written = new MemoryStream();
        using (var deflate = new DeflateStream(written, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(bytes.Span);
        }

        return written.ToArray();
    }

    private static byte[] Inflate(ReadOnlyMemory<byte> written, int length)
    {
        try
        {
            using var inflate = new DeflateStream(new MemoryStream(written.ToArray()), CompressionMode.Decompress);
            // One more than there should be: a longer stream is refused, whatever its length.
            var bytes = new byte[length + 1];
            return bytes[..inflate.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException error)
        {
            throw new BitFormatException($"no DEFLATE stream: {error.Message}");
        }
    }
}
