using System.Runtime.CompilerServices;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Reads a program once, character by character, and tells of every line how deep it is nested. It knows strings and
/// comments well enough to find the brackets outside of them; where these do not match in the end, it was wrong
/// somewhere, and the levels are those of the indentation.
/// </summary>
/// <remarks>Code that runs for every character is compiled with full optimization at once, because most ingests are
/// short.</remarks>
internal sealed class CodeScanner
{
    private enum Literal
    {
        None,
        BlockComment,
        String,
        MultiLineString,
        Verbatim,
    }

    /// <summary>Conditional directives are followed up to this depth of brackets, which no program reaches.</summary>
    private const int MaxNesting = 500;

    private readonly LineIndex _lines;
    private readonly CodeLanguage _language;
    private readonly CodeLine[] _result;
    private readonly List<char> _open = [];
    private readonly Stack<char[]> _branches = [];
    private int _braces;
    private Literal _literal;

    /// <summary>The end of the literal: a quote, or as many quotes as began it.</summary>
    private char _quote;
    private int _quoteCount;
    private bool _isBroken;

    private CodeScanner(LineIndex lines, CodeLanguage language)
    {
        _lines = lines;
        _language = language;
        _result = new CodeLine[lines.Count];
    }

    /// <summary>The lines of a program.</summary>
    public static CodeLine[] Scan(LineIndex lines, CodeLanguage language)
    {
        var scanner = new CodeScanner(lines, language);
        scanner.Scan();
        if (
            scanner._isBroken
            || scanner._open.Count > 0
            || scanner._literal is Literal.BlockComment or Literal.MultiLineString
        )
        {
            return language == CodeLanguage.Plain ? scanner._result : Scan(lines, CodeLanguage.Plain);
        }

        if (!language.Braces)
        {
            RaiseComments(scanner._result);
        }

        return scanner._result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scan()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            var text = _lines[i];
            ref var line = ref _result[i];
            line.Indent = Indentation(text, out var first);
            line.IsBlank = first == text.Length;
            line.IsInside = _literal != Literal.None;
            if (line.IsBlank)
            {
                continue;
            }

            line.First = text[first];
            line.IsComment = _literal == Literal.BlockComment || (!line.IsInside && BeginsComment(text[first..]));
            line.IsDirective = !line.IsInside && _language.Preprocessor && (line.First == '#' || ContinuesDirective(i));
            if (line.IsDirective && line.First == '#')
            {
                FollowBranch(text[(first + 1)..].TrimStart());
            }

            FindLevel(ref line, text[first..]);
            ScanLine(ref line, text, first);
        }
    }

    private bool ContinuesDirective(int line) =>
        line > 0 && _result[line - 1].IsDirective && _result[line - 1].Last == '\\';

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool BeginsComment(ReadOnlySpan<char> text)
    {
        foreach (var comment in _language.LineComments)
        {
            if (text.StartsWith(comment, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return text.StartsWith("/*") || text.StartsWith("<!--");
    }

    /// <summary>The branches of a conditional directive each start from the same open brackets.</summary>
    private void FollowBranch(ReadOnlySpan<char> directive)
    {
        if (_open.Count > MaxNesting || _branches.Count > MaxNesting)
        {
            _isBroken = true;
        }
        else if (directive.StartsWith("if"))
        {
            _branches.Push([.. _open]);
        }
        else if (directive.StartsWith("el") && _branches.TryPeek(out var open))
        {
            _open.Clear();
            _open.AddRange(open);
            _braces = open.Count(c => c == '{');
        }
        else if (directive.StartsWith("endif"))
        {
            _branches.TryPop(out _);
        }
    }

    /// <summary>A line that begins with closing brackets belongs to the level that they return to.</summary>
    private void FindLevel(ref CodeLine line, ReadOnlySpan<char> text)
    {
        var top = _open.Count;
        var braces = _braces;
        if (_literal == Literal.None)
        {
            foreach (var c in text)
            {
                if (c is not (')' or ']' or '}') || top == 0)
                {
                    break;
                }

                braces -= _open[--top] == '{' ? 1 : 0;
            }
        }

        line.Level = _language.Braces ? braces : line.Indent;
        line.IsInside |= top > 0 && (_open[top - 1] != '{' || !_language.Braces);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanLine(ref CodeLine line, ReadOnlySpan<char> text, int start)
    {
        for (var i = start; i < text.Length; i++)
        {
            if (_literal != Literal.None)
            {
                i = SkipLiteral(text, i);
                line.Last = '"';
                continue;
            }

            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                continue;
            }

            if (!line.IsDirective && IsLineComment(text, i))
            {
                break;
            }

            if (_language.Braces && c == '/' && i + 1 < text.Length && text[i + 1] == '*')
            {
                _literal = Literal.BlockComment;
                i++;
                continue;
            }

            i = OpenLiteral(text, i, line.Last);
            line.Last = c;
            if (_literal == Literal.None && !line.IsDirective && !_isBroken)
            {
                Count(c);
            }
        }

        if (_literal == Literal.String)
        {
            // Strings of one line end with it, so that a stray quote does no harm beyond.
            _literal = Literal.None;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsLineComment(ReadOnlySpan<char> text, int offset)
    {
        foreach (var comment in _language.LineComments)
        {
            // A single character within a word is none: $# in a shell, 50%.
            if (
                text[offset] == comment[0]
                && text[offset..].StartsWith(comment, StringComparison.Ordinal)
                && (offset == 0 || comment.Length > 1 || char.IsWhiteSpace(text[offset - 1]))
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Enters the literal that begins here, if one does; the offset of the last character that was consumed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int OpenLiteral(ReadOnlySpan<char> text, int i, char before)
    {
        if (!_language.Brackets)
        {
            return i;
        }

        switch (text[i])
        {
            case '"':
            case '\'' when _language.SingleQuotes:
                return OpenString(text, i);
            case '\'' when _language.Braces:
                return SkipCharacter(text, i);
            case '`' when _language.Backticks:
                (_literal, _quote, _quoteCount) = (Literal.MultiLineString, '`', 1);
                return i;
            case '/'
                when _language.Regexes && before is '\0' or '(' or ',' or '=' or ':' or '[' or '!' or '&' or '|' or '?':
                (_literal, _quote, _quoteCount) = (Literal.String, '/', 1);
                return i;
            default:
                return i;
        }
    }

    private int OpenString(ReadOnlySpan<char> text, int i)
    {
        _quote = text[i];
        var quotes = text[i..].IndexOfAnyExcept(_quote);
        quotes = quotes < 0 ? text.Length - i : quotes;
        if (_language.TripleQuotes && quotes >= 3)
        {
            // Six are an empty one.
            _literal = quotes == 6 ? Literal.None : Literal.MultiLineString;
            _quoteCount = quotes;
            return i + quotes - 1;
        }

        var isVerbatim =
            _language.VerbatimStrings
            && i > 0
            && (text[i - 1] == '@' || (i > 1 && text[i - 1] == '$' && text[i - 2] == '@'));
        (_literal, _quoteCount) = (isVerbatim ? Literal.Verbatim : Literal.String, 1);
        return i;
    }

    /// <summary>An apostrophe encloses one character, or stands for itself (lifetimes, digit separators).</summary>
    private static int SkipCharacter(ReadOnlySpan<char> text, int i)
    {
        var rest = text[(i + 1)..Math.Min(text.Length, i + 12)];
        if (rest is ['\\', _, ..])
        {
            var end = rest[2..].IndexOf('\'');
            return end < 0 ? i : i + 1 + 2 + end;
        }

        return rest is [_, '\'', ..] ? i + 2 : i;
    }

    /// <summary>Continues in a literal; the offset of the last character that was consumed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int SkipLiteral(ReadOnlySpan<char> text, int i)
    {
        if (_literal == Literal.BlockComment)
        {
            var end = text[i..].IndexOf("*/");
            _literal = end < 0 ? _literal : Literal.None;
            return end < 0 ? text.Length : i + end + 1;
        }

        for (; i < text.Length; i++)
        {
            if (text[i] == '\\' && _literal != Literal.Verbatim && _quoteCount <= 1)
            {
                i++;
            }
            else if (text[i] == _quote)
            {
                var quotes = text[i..].IndexOfAnyExcept(_quote);
                quotes = quotes < 0 ? text.Length - i : quotes;
                if (_literal == Literal.Verbatim && quotes % 2 == 0)
                {
                    i += quotes - 1;
                }
                else if (_literal == Literal.Verbatim)
                {
                    _literal = Literal.None;
                    return i + quotes - 1;
                }
                else if (_literal == Literal.String || quotes >= _quoteCount)
                {
                    var consumed = _literal == Literal.String ? 1 : Math.Min(quotes, Math.Max(_quoteCount, 1));
                    _literal = Literal.None;
                    return i + consumed - 1;
                }
                else
                {
                    i += quotes - 1;
                }
            }
        }

        return text.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(char c)
    {
        switch (c)
        {
            case '{' or '(' or '[' when _language.Brackets:
                _open.Add(c);
                _braces += c == '{' ? 1 : 0;
                break;
            case '}' or ')' or ']' when _language.Brackets:
                var opening = c switch
                {
                    '}' => '{',
                    ')' => '(',
                    _ => '[',
                };
                if (_open.Count == 0 || _open[^1] != opening)
                {
                    _isBroken = true;
                    break;
                }

                _open.RemoveAt(_open.Count - 1);
                _braces -= c == '}' ? 1 : 0;
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Indentation(ReadOnlySpan<char> text, out int first)
    {
        var columns = 0;
        for (first = 0; first < text.Length && char.IsWhiteSpace(text[first]); first++)
        {
            columns = text[first] == '\t' ? (columns + 4) & ~3 : columns + 1;
        }

        return columns;
    }

    /// <summary>
    /// A comment in front of deeper code belongs to it, also where the comment itself stands further left.
    /// </summary>
    private static void RaiseComments(CodeLine[] lines)
    {
        var next = 0;
        for (var i = lines.Length - 1; i >= 0; i--)
        {
            ref var line = ref lines[i];
            if (line.IsComment)
            {
                line.Level = Math.Max(line.Level, next);
            }
            else if (!line.IsBlank && !line.IsInside)
            {
                next = line.Level;
            }
        }
    }
}
