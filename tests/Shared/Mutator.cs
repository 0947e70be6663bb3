using System.Buffers.Binary;
using System.Text;

namespace McpLongContext.Tests.Shared;

/// <summary>Damages files as hostile and broken ones are damaged, reproducibly.</summary>
/// <param name="seed">Equal seeds give equal mutants.</param>
internal sealed class Mutator(int seed)
{
    private const int LongestRepetition = 1 << 14;

    private static readonly ulong[] s_extremes =
    [
        0,
        1,
        0x7F,
        0xFF,
        0x7FFF,
        0xFFFF,
        0x10000,
        int.MaxValue,
        1UL + int.MaxValue,
        uint.MaxValue,
        long.MaxValue,
        1UL + long.MaxValue,
        ulong.MaxValue - 7,
        ulong.MaxValue,
    ];

    private static readonly byte[][] s_values =
    [
        .. new[]
        {
            "null",
            "true",
            "[]",
            "{}",
            "\"\"",
            "-1",
            "0",
            "1e999",
            "0.5",
            "2147483648",
            "1048576",
            "99999999999999999999",
            "\"\\ud800\"",
            "\"../../x\"",
            "\"\\u0000\"",
            "[[0]]",
            "{\"a\":[null]}",
        }.Select(Encoding.UTF8.GetBytes),
        Encoding.UTF8.GetBytes(new string('[', 2000)),
        [0xFF, 0xFE, 0xC0, 0x80],
    ];

    private readonly Random _random = new(seed);

    /// <summary>A mutant of a file.</summary>
    /// <param name="original">The file.</param>
    /// <param name="other">Another one, whose parts are spliced in.</param>
    public byte[] Mutate(byte[] original, byte[] other)
    {
        var bytes = original;
        for (var steps = _random.Next(1, 4); steps > 0; steps--)
        {
            bytes = Step(bytes, other);
        }

        return bytes;
    }

    private byte[] Step(byte[] bytes, byte[] other)
    {
        var (first, end) = Range(bytes.Length);
        var (from, to) = Range(other.Length);
        return _random.Next(11) switch
        {
            0 => bytes[..first],
            1 => [.. bytes[..first], .. bytes[end..]],
            2 => [.. bytes[..end], .. bytes[first..]],
            3 => [.. bytes[..first], .. other[from..to], .. bytes[end..]],
            4 => [.. bytes[..first], .. other[from..to], .. bytes[first..]],
            5 =>
            [
                .. bytes[..first],
                .. Enumerable.Repeat((byte)_random.Next(256), _random.Next(LongestRepetition)),
                .. bytes[first..],
            ],
            6 or 7 => WithValue(bytes, first),
            8 or 9 => WithInteger(bytes, first),
            _ => WithFlip(bytes, first),
        };
    }

    /// <summary>A range; headers stand in front, so that half of all ranges begin there.</summary>
    private (int First, int End) Range(int length)
    {
        var first = (int)(length * Math.Pow(_random.NextDouble(), _random.Next(2) == 0 ? 1 : 4));
        var longest = (int)Math.Pow(2, _random.Next(14));
        return (first, first + _random.Next(Math.Min(longest, length - first) + 1));
    }

    private byte[] WithFlip(byte[] bytes, int at)
    {
        if (at == bytes.Length)
        {
            return [.. bytes, (byte)_random.Next(256)];
        }

        var copy = (byte[])bytes.Clone();
        copy[at] ^= (byte)(1 << _random.Next(8));
        return copy;
    }

    /// <summary>A size, a count, an offset that lies.</summary>
    private byte[] WithInteger(byte[] bytes, int at)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(value, s_extremes[_random.Next(s_extremes.Length)]);
        var copy = (byte[])bytes.Clone();
        at = _random.Next(2) == 0 ? at : at & ~3;
        var width = Math.Min(1 << _random.Next(4), copy.Length - at);
        value[..width].CopyTo(copy.AsSpan(at));
        return copy;
    }

    /// <summary>A value of a text format replaced by one of another kind.</summary>
    private byte[] WithValue(byte[] bytes, int at)
    {
        var start = bytes.AsSpan(at).IndexOfAny(":,[ "u8);
        if (start < 0)
        {
            return bytes;
        }

        start += at + 1;
        var length = bytes.AsSpan(start).IndexOfAny(",]}\n"u8);
        var rest = length < 0 ? [] : bytes[(start + length)..];
        return [.. bytes[..start], .. s_values[_random.Next(s_values.Length)], .. rest];
    }
}
