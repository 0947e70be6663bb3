using System.Numerics;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>
/// The header of a GGUF file: <c>"GGUF", u32 version, u64 tensors, u64 pairs, the key-value pairs, the tensor
/// directory, padding to the alignment, data</c>. Nothing in it is believed: every count and size is held against the
/// bytes that the file has left before anything is allocated or read.
/// </summary>
internal static class GgufHeader
{
    /// <summary>"GGUF" as a little-endian number.</summary>
    private const uint Magic = 0x46554747;

    private const string AlignmentKey = "general.alignment";
    private const int DefaultAlignment = 32;
    private const int MaxDimensions = 4;
    private const int MaxNameBytes = 4096;

    /// <summary>Bytes of the smallest entry of the directory: name, dimensions, type, offset.</summary>
    private const int MinTensorBytes = sizeof(ulong) + sizeof(uint) + sizeof(uint) + sizeof(ulong);

    /// <summary>Bytes of the smallest pair: key, type, a value of one byte.</summary>
    private const int MinPairBytes = sizeof(ulong) + sizeof(uint) + 1;

    /// <summary>Reads and validates the header.</summary>
    public static (int Version, GgufMetadata Metadata, Dictionary<string, GgufTensor> Tensors) Read(GgufReader reader)
    {
        var version = ReadVersion(reader);
        var tensorCount = reader.ReadCount("the number of tensors", MinTensorBytes);
        var pairCount = reader.ReadCount("the number of metadata pairs", MinPairBytes);
        var metadata = ReadMetadata(reader, pairCount);
        var alignment = metadata.FindInt32(AlignmentKey) ?? DefaultAlignment;
        if (alignment < 1 || !BitOperations.IsPow2(alignment))
        {
            throw reader.Wrong($"metadata '{AlignmentKey}': {alignment} found, expected a power of two");
        }

        return (version, metadata, ReadTensors(reader, tensorCount, alignment));
    }

    private static int ReadVersion(GgufReader reader)
    {
        if (reader.Length < sizeof(uint) * 2 || reader.ReadUInt32() != Magic)
        {
            throw reader.Wrong("does not begin with the magic number \"GGUF\": not a GGUF file");
        }

        var version = reader.ReadUInt32();
        if ((version & 0xFFFF) == 0)
        {
            throw reader.Wrong("a big-endian file found, expected a little-endian one");
        }

        return version is 2 or 3 ? (int)version : throw reader.Wrong($"GGUF version {version} found, expected 2 or 3");
    }

    private static GgufMetadata ReadMetadata(GgufReader reader, int count)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = reader.ReadString($"the key of metadata pair {i}", MaxNameBytes);
            if (!values.TryAdd(key, GgufValue.Read(reader, key)))
            {
                throw reader.Wrong($"metadata '{key}' found twice");
            }
        }

        return new GgufMetadata(reader.Path, values);
    }

    private static Dictionary<string, GgufTensor> ReadTensors(GgufReader reader, int count, int alignment)
    {
        var entries = new List<GgufTensor>();
        for (var i = 0; i < count; i++)
        {
            entries.Add(ReadTensor(reader, i));
        }

        // Offsets count from the data, whose start is known only here.
        var dataStart = (reader.Position + alignment - 1) / alignment * alignment;
        var available = Math.Max(reader.Length - dataStart, 0);
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        foreach (var tensor in entries)
        {
            if (tensor.Offset % alignment != 0)
            {
                throw reader.Wrong($"tensor '{tensor.Name}': offset {tensor.Offset} is no multiple of {alignment}");
            }

            if (tensor.ByteCount > available || tensor.Offset > available - tensor.ByteCount)
            {
                throw reader.Wrong(
                    $"tensor '{tensor.Name}': {tensor} needs {tensor.ByteCount} bytes at {tensor.Offset}, "
                        + $"but the file has {available} bytes of data: it is truncated or damaged"
                );
            }

            if (!tensors.TryAdd(tensor.Name, tensor with { Offset = dataStart + tensor.Offset }))
            {
                throw reader.Wrong($"tensor '{tensor.Name}' found twice");
            }
        }

        return tensors;
    }

    private static GgufTensor ReadTensor(GgufReader reader, int index)
    {
        var name = reader.ReadString($"the name of tensor {index}", MaxNameBytes);
        var dimensions = reader.ReadUInt32();
        if (dimensions is < 1 or > MaxDimensions)
        {
            throw reader.Wrong($"tensor '{name}': {dimensions} dimensions found, expected 1 to {MaxDimensions}");
        }

        var shape = new long[dimensions];
        UInt128 elements = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var size = reader.ReadUInt64();
            // Four factors of 31 bits fit 128 bits.
            if (size is 0 or > int.MaxValue)
            {
                throw reader.Wrong($"tensor '{name}': dimension {size} found, expected 1 to {int.MaxValue}");
            }

            shape[i] = (long)size;
            elements *= size;
        }

        var id = reader.ReadUInt32();
        var type =
            GgufType.Find(id) ?? throw reader.Wrong($"tensor '{name}': type number {id} found, which is unknown here");
        if (shape[^1] % type.BlockElements != 0)
        {
            throw reader.Wrong(
                $"tensor '{name}': rows of {shape[^1]} elements found, expected a multiple of the {type.BlockElements} "
                    + $"of a block of {type}"
            );
        }

        var bytes = elements / (uint)type.BlockElements * (uint)type.BlockBytes;
        var offset = reader.ReadUInt64();
        if (bytes > (UInt128)reader.Length || offset > (ulong)reader.Length)
        {
            throw reader.Wrong(
                $"tensor '{name}': {bytes} bytes at {offset} found in a file of {reader.Length} bytes: "
                    + "it is truncated or damaged"
            );
        }

        return new GgufTensor(name, type, shape, (long)offset, (long)bytes);
    }
}
