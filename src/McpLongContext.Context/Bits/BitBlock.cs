using System.Buffers.Binary;
using McpLongContext.Bits;
using McpLongContext.Bits.Streams;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Bits;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Context.Bits;

/// <summary>A block of a compressed file: some bytes, in lanes that are coded in step.</summary>
/// <remarks>
/// The number of bytes and their CRC-32C (uint32 each), a byte that says what follows: the number of lanes, the length of
/// each lane's code (uint32), and the codes; 0x80 + a <see cref="BitForm"/>, the length of the bytes in that form (uint32),
/// and they; or 0, and the bytes as they are. The shortest of them is written.
/// </remarks>
internal static class BitBlock
{
    /// <summary>Bytes of a block.</summary>
    public const int MostBytes = 1 << 17;

    /// <summary>Bytes that are worth a lane of their own, which begins without knowing those before.</summary>
    private const int LaneBytes = 4096;
    private const int MostLanes = 16;

    /// <summary>Lanes that are read in step by one thread.</summary>
    private const int ThreadLanes = 8;
    private const int HeaderSize = (2 * sizeof(uint)) + 1;

    /// <summary>Marks a form that needs no model.</summary>
    private const byte FormFlag = 0x80;

    /// <summary>Writes a block.</summary>
    /// <returns>Whether the code of the model was the shortest.</returns>
    public static bool Write(Stream stream, BitTransformer model, byte[] bytes, CancellationToken cancellation)
    {
        var lanes = LanesOf(bytes);
        var codes = new byte[lanes.Length][];
        ForThreads(
            lanes.Length,
            part =>
            {
                var coded = LaneCoder.Encode(
                    model,
                    [.. lanes[part].Select(lane => (ReadOnlyMemory<byte>)lane)],
                    cancellation
                );
                coded.CopyTo(codes, part.Start.Value);
            },
            cancellation
        );
        var (form, written) = WithoutModel(bytes);
        var isShorter = codes.Sum(code => code.Length + sizeof(uint)) < Math.Min(bytes.Length, written.Length + 4);
        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(uint)..], Crc32C.Of(bytes));
        header[^1] =
            isShorter ? (byte)lanes.Length
            : form == BitForm.Packed ? (byte)0
            : (byte)(FormFlag + form);
        stream.Write(header);
        if (!isShorter)
        {
            if (form != BitForm.Packed)
            {
                WriteLength(stream, written.Length);
            }

            stream.Write(written);
            return false;
        }

        Array.ForEach(codes, code => WriteLength(stream, code.Length));
        Array.ForEach(codes, code => stream.Write(code));
        return true;
    }

    /// <summary>Reads a block.</summary>
    /// <exception cref="ContextException">The block is damaged.</exception>
    public static byte[] Read(Stream stream, string path, BitTransformer model, CancellationToken cancellation)
    {
        var header = ReadExactly(stream, path, HeaderSize);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (count is 0 or > MostBytes)
        {
            throw Damaged(path);
        }

        var bytes = header[^1] switch
        {
            0 => ReadExactly(stream, path, (int)count),
            <= MostLanes => ReadCoded(stream, path, model, header, cancellation),
            FormFlag + (byte)BitForm.RunLength or FormFlag + (byte)BitForm.Deflate => ReadForm(
                stream,
                path,
                (BitForm)(header[^1] - FormFlag),
                (int)count
            ),
            _ => throw Damaged(path),
        };
        return Crc32C.Of(bytes) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(sizeof(uint)))
            ? bytes
            : throw Damaged(path);
    }

    /// <summary>The error of a file that is not as it was written.</summary>
    public static ContextException Damaged(string path) =>
        new($"FILE: '{path}' is damaged, or was cut: a block of it is not as it was written. Nothing was written.");

    private static byte[] ReadCoded(
        Stream stream,
        string path,
        BitTransformer model,
        byte[] header,
        CancellationToken cancellation
    )
    {
        var bytes = new byte[BinaryPrimitives.ReadUInt32LittleEndian(header)];
        var lanes = LanesOf(bytes);
        if (lanes.Length != header[^1])
        {
            throw Damaged(path);
        }

        var lengths = ReadExactly(stream, path, lanes.Length * sizeof(uint));
        var codes = new ReadOnlyMemory<byte>[lanes.Length];
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(lengths.AsSpan(lane * sizeof(uint)));
            codes[lane] = length <= bytes.Length ? ReadExactly(stream, path, (int)length) : throw Damaged(path);
        }

        ForThreads(lanes.Length, part => LaneCoder.Decode(model, codes[part], lanes[part], cancellation), cancellation);
        return bytes;
    }

    /// <summary>The bytes in the form that the rule picks; as they are where that is no shorter.</summary>
    private static (BitForm Form, byte[] Written) WithoutModel(byte[] bytes)
    {
        var bits = ByteBits.Of(bytes, parity: false);
        var form = BitForms.Choose(bits);
        var written = BitForms.Write(bits, form);
        return written.Length + sizeof(uint) < bytes.Length ? (form, written) : (BitForm.Packed, bytes);
    }

    private static byte[] ReadForm(Stream stream, string path, BitForm form, int count)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(ReadExactly(stream, path, sizeof(uint)));
        if (length >= count)
        {
            throw Damaged(path);
        }

        try
        {
            var bits = BitForms.Read(ReadExactly(stream, path, (int)length), form, count * ByteBits.Payload);
            return ByteBits.ToBytes(bits, parity: false);
        }
        catch (BitFormatException)
        {
            throw Damaged(path);
        }
    }

    private static void WriteLength(Stream stream, int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)length);
        stream.Write(bytes);
    }

    /// <summary>Equal parts, the last one perhaps shorter.</summary>
    private static Memory<byte>[] LanesOf(byte[] bytes)
    {
        var size = Math.Max((bytes.Length + MostLanes - 1) / MostLanes, Math.Min(bytes.Length, LaneBytes));
        return
        [
            .. Enumerable
                .Range(0, (bytes.Length + size - 1) / size)
                .Select(lane => bytes.AsMemory(lane * size, Math.Min(size, bytes.Length - (lane * size)))),
        ];
    }

    private static void ForThreads(int lanes, Action<Range> code, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(
                0,
                (lanes + ThreadLanes - 1) / ThreadLanes,
                new ParallelOptions
                {
                    CancellationToken = cancellation,
                    MaxDegreeOfParallelism = Environment.ProcessorCount,
                },
                part => code((part * ThreadLanes)..Math.Min(lanes, (part + 1) * ThreadLanes))
            );
        }
        catch (AggregateException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private static byte[] ReadExactly(Stream stream, string path, int count)
    {
        var bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw Damaged(path);
    }
}
