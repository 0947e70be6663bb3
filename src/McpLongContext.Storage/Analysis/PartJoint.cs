namespace McpLongContext.Storage.Analysis;

/// <summary>
/// Joins short parts of an identifier into the names that they are pieces of: <c>iOSPush</c> has <c>ios</c>,
/// <c>MySQLPool</c> has <c>mysql</c>, <c>IPv6Address</c> has <c>ipv6</c>. Parts of one or two letters in a row are a
/// name, and a single one with the part after it.
/// </summary>
internal ref struct PartJoint(Span<char> buffer, int wholeLength)
{
    private const int Short = 2;

    private readonly Span<char> _buffer = buffer;
    private int _length;

    /// <summary>Parts of letters; a number continues with a name, but does not make one.</summary>
    private int _parts;

    /// <summary>Takes the next part.</summary>
    /// <returns>The name that ends with it or before it; empty when there is none.</returns>
    public ReadOnlySpan<char> Next(ReadOnlySpan<char> part)
    {
        var isNumber = part.IsEmpty || char.IsAsciiDigit(part[0]);
        if (part.Length <= Short && (isNumber ? _parts > 0 : part.Length < Short || !StopWords.Contains(part)))
        {
            Add(part, isNumber);
            return [];
        }

        if (_parts == 1 && !isNumber)
        {
            Add(part, isNumber);
        }

        return End();
    }

    /// <summary>
    /// The name that ends with the last part; empty when there is none. The whole identifier is none.
    /// </summary>
    public ReadOnlySpan<char> End()
    {
        ReadOnlySpan<char> name = _parts > 1 && _length < wholeLength ? _buffer[.._length] : [];
        (_length, _parts) = (0, 0);
        return name;
    }

    private void Add(ReadOnlySpan<char> part, bool isNumber)
    {
        part = part[..Math.Min(part.Length, _buffer.Length - _length)];
        part.CopyTo(_buffer[_length..]);
        _length += part.Length;
        _parts += isNumber ? 0 : 1;
    }
}
