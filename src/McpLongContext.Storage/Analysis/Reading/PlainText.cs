using System.Buffers;
using System.Runtime.CompilerServices;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// A text as its reader sees it: escape sequences of the formats that texts and programs are stored in are decoded, and
/// characters that differ in their form only are made equal. Most texts have neither and are returned as they are.
/// </summary>
/// <param name="forTerms">
/// Whether it is cut into terms: then what may be read in two ways stands there in both.
/// </param>
internal sealed class PlainText(bool forTerms)
{
    private static readonly SearchValues<char> s_beginnings = SearchValues.Create("\\\u001b&%=<[^{-");

    private readonly CharBuffer _unescaped = new();
    private readonly CharBuffer _folded = new();
    private readonly EscapeOutput _output = new(forTerms);

    /// <summary>The text as it is read; valid until the next call.</summary>
    public ReadOnlySpan<char> Read(ReadOnlySpan<char> text)
    {
        var unescaped = Unescape(text);
        return CompatibilityForms.Fold(unescaped, _folded, forTerms) ? _folded.Span : unescaped;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlySpan<char> Unescape(ReadOnlySpan<char> text)
    {
        _unescaped.Clear();
        var copied = 0;
        for (var at = 0; Next(text, at) is >= 0 and var found; )
        {
            _output.Text.Clear();
            var length = ReadEscape(text, found);
            at = found + Math.Max(1, length);
            if (length > 0)
            {
                _unescaped.Add(text[copied..found]);
                _unescaped.Add(_output.Text.Span);
                copied = at;
            }
        }

        if (copied == 0)
        {
            return text;
        }

        _unescaped.Add(text[copied..]);
        _unescaped.Add(_output.Alternatives.Span);
        _output.Alternatives.Clear();
        return _unescaped.Span;
    }

    private static int Next(ReadOnlySpan<char> text, int at) =>
        text[at..].IndexOfAny(s_beginnings) is >= 0 and var offset ? at + offset : -1;

    /// <summary>The length of the sequence at an index; 0 when none begins there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ReadEscape(ReadOnlySpan<char> text, int at) =>
        text[at] switch
        {
            '\\' => BackslashEscapes.Read(text, at, _output),
            '\u001b' => TerminalEscapes.Read(text, at, _output),
            '[' or '^' => TerminalEscapes.ReadBare(text, at, _output),
            '&' => EntityEscapes.Read(text, at, _output),
            '%' => PercentEscapes.Read(text, at, _output),
            '=' => MimeEscapes.Read(text, at, _output),
            '<' => WordJoints.ReadTag(text, at, _output),
            '-' => WordJoints.ReadHyphen(text, at, _output),
            '{' when EscapeText.At(text, at + 1) == '\\' => Math.Max(0, LatexAccents.Read(text, at, _output) - at),
            _ => 0,
        };
}
