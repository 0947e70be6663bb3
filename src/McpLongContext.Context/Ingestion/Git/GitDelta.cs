namespace McpLongContext.Context.Ingestion.Git;

/// <summary>Applies deltas: copies of ranges of an origin, and literal bytes (<c>gitformat-pack(5)</c>).</summary>
internal static class GitDelta
{
    private const int WholeCopy = 0x10000;

    /// <summary>The content that a delta makes of its origin.</summary>
    /// <exception cref="InvalidDataException">The delta is damaged, or its result is too long.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> origin, ReadOnlySpan<byte> delta)
    {
        if (TakeSize(ref delta) != origin.Length)
        {
            throw new InvalidDataException("A delta belongs to another origin.");
        }

        var size = TakeSize(ref delta);
        if (size > GitObject.MaxBytes)
        {
            throw new InvalidDataException("An object is too long.");
        }

        var result = new byte[size];
        var room = result.AsSpan();
        while (delta.Length > 0)
        {
            int code = Take(ref delta);
            var part = (code & 0x80) == 0 ? TakeLiteral(ref delta, code) : Copy(origin, ref delta, code);
            if (part.Length > room.Length)
            {
                throw new InvalidDataException("A delta makes more than it says.");
            }

            part.CopyTo(room);
            room = room[part.Length..];
        }

        return room.IsEmpty ? result : throw new InvalidDataException("A delta makes less than it says.");
    }

    private static ReadOnlySpan<byte> TakeLiteral(ref ReadOnlySpan<byte> delta, int length)
    {
        if (length == 0 || length > delta.Length)
        {
            throw new InvalidDataException("A delta ends within its literal bytes.");
        }

        var literal = delta[..length];
        delta = delta[length..];
        return literal;
    }

    private static ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> origin, ref ReadOnlySpan<byte> delta, int code)
    {
        var offset = TakeNumber(ref delta, code & 0xF, 4);
        var length = TakeNumber(ref delta, (code >> 4) & 7, 3);
        length = length == 0 ? WholeCopy : length;
        return offset + length <= origin.Length
            ? origin.Slice((int)offset, (int)length)
            : throw new InvalidDataException("A delta copies from beyond its origin.");
    }

    private static long TakeSize(ref ReadOnlySpan<byte> delta)
    {
        const int MaxShift = 28;
        long size = 0;
        for (var shift = 0; shift <= MaxShift; shift += 7)
        {
            var part = Take(ref delta);
            size |= (long)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
            {
                return size;
            }
        }

        throw new InvalidDataException("A size is too long.");
    }

    private static long TakeNumber(ref ReadOnlySpan<byte> delta, int present, int bytes)
    {
        long number = 0;
        for (var i = 0; i < bytes; i++)
        {
            if ((present & (1 << i)) != 0)
            {
                number |= (long)Take(ref delta) << (8 * i);
            }
        }

        return number;
    }

    private static byte Take(ref ReadOnlySpan<byte> delta)
    {
        if (delta.IsEmpty)
        {
            throw new InvalidDataException("A delta ends within an instruction.");
        }

        var value = delta[0];
        delta = delta[1..];
        return value;
    }
}
