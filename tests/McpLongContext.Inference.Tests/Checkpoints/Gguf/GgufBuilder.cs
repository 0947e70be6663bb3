using System.Runtime.InteropServices;
using System.Text;

namespace McpLongContext.Inference.Tests.Checkpoints.Gguf;

/// <summary>Writes GGUF files, right ones and wrong ones, from the format's definition.</summary>
internal sealed class GgufBuilder
{
    private readonly List<byte> _pairs = [];
    private readonly List<byte> _directory = [];
    private readonly List<byte> _data = [];
    private ulong _pairCount;
    private ulong _tensorCount;

    public uint Magic { get; init; } = 0x46554747;

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public ulong? PairCount { get; init; }

    public ulong? TensorCount { get; init; }

    public GgufBuilder Pair(string key, uint type, params byte[] value)
    {
        Write(_pairs, Text(key), Bytes(type), value);
        _pairCount++;
        return this;
    }

    public GgufBuilder Text(string key, string value) => Pair(key, 8, Text(value));

    public GgufBuilder Array(string key, uint elementType, ulong count, byte[] elements) =>
        Pair(key, 9, [.. Bytes(elementType), .. Bytes(count), .. elements]);

    /// <summary>Adds a tensor, at the alignment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type's number.</param>
    /// <param name="sizes">Dimensions in the file's order: the contiguous one first.</param>
    /// <param name="data">Its bytes.</param>
    /// <param name="offset">Where the directory says it is; null: where it is.</param>
    public GgufBuilder Tensor(string name, uint type, ulong[] sizes, byte[] data, ulong? offset = null)
    {
        Pad(_data, Alignment);
        Write(_directory, Text(name), Bytes((uint)sizes.Length), Bytes(sizes), Bytes(type));
        Write(_directory, Bytes(offset ?? (ulong)_data.Count));
        Write(_data, data);
        _tensorCount++;
        return this;
    }

    public byte[] Build()
    {
        var file = new List<byte>();
        Write(file, Bytes(Magic, Version), Bytes(TensorCount ?? _tensorCount, PairCount ?? _pairCount));
        Write(file, _pairs.ToArray(), _directory.ToArray());
        if (_data.Count > 0)
        {
            Pad(file, Alignment);
        }

        Write(file, _data.ToArray());
        return [.. file];
    }

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    public static byte[] Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return [.. Bytes((ulong)bytes.Length), .. bytes];
    }

    private static void Pad(List<byte> target, int alignment)
    {
        while (target.Count % alignment != 0)
        {
            target.Add(0);
        }
    }

    private static void Write(List<byte> target, params byte[][] parts)
    {
        foreach (var part in parts)
        {
            target.AddRange(part);
        }
    }
}
