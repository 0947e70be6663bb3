using System.Text;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Context.LongInference;

/// <summary>A document as a decoder reads it: tokens, and where in the text each of them stands.</summary>
internal sealed class TokenText
{
    private readonly byte[] _utf8;
    private readonly int[] _tokens;

    /// <summary>Where the bytes of each token begin, <c>[tokens + 1]</c>.</summary>
    private readonly int[] _starts;

    /// <summary>Where each line begins, in bytes; lines end with LF, CRLF or CR.</summary>
    private readonly List<int> _lines = [0];

    private readonly Func<int, int, string>? _cite;

    /// <summary>Tokenizes a document.</summary>
    /// <param name="path">The path that citations show.</param>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">The decoder's tokenizer.</param>
    /// <param name="cite">Cites lines, first and last, where the document has other places than lines.</param>
    public TokenText(string path, string text, Tokenizer tokenizer, Func<int, int, string>? cite = null)
    {
        (Path, _cite) = (path, cite);
        _utf8 = Encoding.UTF8.GetBytes(text);
        (_tokens, _starts) = tokenizer.Locate(text);

        for (var i = 0; i < _utf8.Length - 1; i++)
        {
            if (_utf8[i] == '\n')
            {
                _lines.Add(i + 1);
            }
        }
    }

    /// <summary>The path that citations show.</summary>
    public string Path { get; }

    /// <summary>All tokens, without any control tokens.</summary>
    public ReadOnlySpan<int> Tokens => _tokens;

    /// <summary>The place where a token begins, in bytes of the text's UTF-8.</summary>
    public int StartOf(int token) => _starts[token];

    /// <summary>The text of a run of tokens; a character whose bytes are of two runs belongs to the second.</summary>
    public string TextOf(int first, int count)
    {
        var (start, end) = (CharacterAt(_starts[first]), CharacterAt(_starts[first + count]));
        return Encoding.UTF8.GetString(_utf8.AsSpan(start, end - start));
    }

    /// <summary>
    /// The citation of a run of tokens: <c>path:start-end</c>, lines 1-based and inclusive; of a format with pages, slides
    /// or times these: <c>path#page=12</c>.
    /// </summary>
    public string Cite(int first, int count)
    {
        var (start, end) = LinesOf(first, count);
        return _cite?.Invoke(start, end) ?? $"{Path}:{start}-{end}";
    }

    /// <summary>The lines that a run of tokens touches, 1-based and inclusive.</summary>
    public (int Start, int End) LinesOf(int first, int count)
    {
        var (start, end) = (_starts[first], _starts[first + count]);
        return (LineAt(start), LineAt(Math.Max(start, end - 1)));
    }

    private int CharacterAt(int position)
    {
        while (position < _utf8.Length && position > 0 && (_utf8[position] & 0b1100_0000) == 0b1000_0000)
        {
            position--;
        }

        return position;
    }

    private int LineAt(int position)
    {
        var found = _lines.BinarySearch(position);
        return found >= 0 ? found + 1 : ~found;
    }
}
