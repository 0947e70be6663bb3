using System.Numerics;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>
/// A value of a GGUF file's metadata: <c>u32 type, value</c>, where an array is <c>u32 element type, u64 count,
/// elements</c>. An integer becomes a BigInteger, a float a double; arrays become int[], long[], ulong[], float[],
/// double[], bool[] or string[].
/// </summary>
internal static class GgufValue
{
    private const uint ArrayType = 9;
    private const int MinStringBytes = sizeof(ulong);

    public static object Read(GgufReader reader, string key)
    {
        var type = reader.ReadUInt32();
        return type == ArrayType ? ReadArray(reader, key) : ReadScalar(reader, key, type);
    }

    private static object ReadScalar(GgufReader reader, string key, uint type) =>
        type switch
        {
            0 => (BigInteger)reader.ReadByte(),
            1 => (BigInteger)(sbyte)reader.ReadByte(),
            2 => (BigInteger)reader.Read<ushort>(),
            3 => (BigInteger)reader.Read<short>(),
            4 => (BigInteger)reader.ReadUInt32(),
            5 => (BigInteger)reader.Read<int>(),
            6 => (double)reader.Read<float>(),
            7 => ReadBoolean(reader, key),
            8 => reader.ReadString($"metadata '{key}'", int.MaxValue),
            10 => (BigInteger)reader.ReadUInt64(),
            11 => (BigInteger)reader.Read<long>(),
            12 => reader.Read<double>(),
            _ => throw reader.Wrong($"metadata '{key}': value type {type} found, expected 0 to 12"),
        };

    private static Array ReadArray(GgufReader reader, string key)
    {
        var type = reader.ReadUInt32();
        var what = $"the length of metadata '{key}'";
        return type switch
        {
            0 => Widen<byte, int>(reader, what),
            1 => Widen<sbyte, int>(reader, what),
            2 => Widen<ushort, int>(reader, what),
            3 => Widen<short, int>(reader, what),
            4 => ReadUInt32s(reader, what),
            5 => reader.ReadArray<int>(what),
            6 => reader.ReadArray<float>(what),
            7 => ReadBooleans(reader, key, what),
            8 => ReadStrings(reader, key, what),
            ArrayType => throw reader.Wrong($"metadata '{key}': an array of arrays found, which is not supported"),
            10 => reader.ReadArray<ulong>(what),
            11 => reader.ReadArray<long>(what),
            12 => reader.ReadArray<double>(what),
            _ => throw reader.Wrong($"metadata '{key}': element type {type} found, expected 0 to 12"),
        };
    }

    private static TTo[] Widen<TFrom, TTo>(GgufReader reader, string what)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : INumberBase<TTo> => Array.ConvertAll(reader.ReadArray<TFrom>(what), TTo.CreateTruncating);

    /// <summary>As int where all of them fit.</summary>
    private static Array ReadUInt32s(GgufReader reader, string what)
    {
        var values = reader.ReadArray<uint>(what);
        return Array.TrueForAll(values, value => value <= int.MaxValue)
            ? Array.ConvertAll(values, value => (int)value)
            : Array.ConvertAll(values, value => (long)value);
    }

    private static bool ReadBoolean(GgufReader reader, string key)
    {
        var value = reader.ReadByte();
        return value <= 1
            ? value == 1
            : throw reader.Wrong($"metadata '{key}': {value} found, expected a bool, 0 or 1");
    }

    private static bool[] ReadBooleans(GgufReader reader, string key, string what)
    {
        var flags = new bool[reader.ReadCount(what, sizeof(bool))];
        for (var i = 0; i < flags.Length; i++)
        {
            flags[i] = ReadBoolean(reader, key);
        }

        return flags;
    }

    private static string[] ReadStrings(GgufReader reader, string key, string what)
    {
        var strings = new string[reader.ReadCount(what, MinStringBytes)];
        for (var i = 0; i < strings.Length; i++)
        {
            strings[i] = reader.ReadString($"metadata '{key}', element {i}", int.MaxValue);
        }

        return strings;
    }
}
