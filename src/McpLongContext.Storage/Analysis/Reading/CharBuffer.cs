namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>Characters that are collected one after the other.</summary>
internal sealed class CharBuffer
{
    private char[] _chars = new char[256];
    private int _length;

    /// <summary>The characters added since the last <see cref="Clear"/>; valid until the next change.</summary>
    public ReadOnlySpan<char> Span => _chars.AsSpan(0, _length);

    /// <summary>The number of characters.</summary>
    public int Length => _length;

    /// <summary>The last character.</summary>
    public char Last
    {
        get => _chars[_length - 1];
        set => _chars[_length - 1] = value;
    }

    public void Clear() => _length = 0;

    public void Add(char c)
    {
        Reserve(1);
        _chars[_length++] = c;
    }

    public void Add(ReadOnlySpan<char> chars)
    {
        Reserve(chars.Length);
        chars.CopyTo(_chars.AsSpan(_length));
        _length += chars.Length;
    }

    /// <summary>
    /// Adds a character of Unicode; a control or a blank becomes a space, half a pair of surrogates too.
    /// </summary>
    public void AddCodePoint(int codePoint)
    {
        if (codePoint <= ' ' || codePoint > 0x10FFFF || codePoint is 0x7F or 0xA0)
        {
            Add(' ');
        }
        else if (codePoint < 0x10000)
        {
            Add((char)codePoint);
        }
        else
        {
            Add(char.ConvertFromUtf32(codePoint));
        }
    }

    private void Reserve(int count)
    {
        if (_length + count > _chars.Length)
        {
            Array.Resize(ref _chars, Math.Max(_length + count, _chars.Length * 2));
        }
    }
}
