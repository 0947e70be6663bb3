using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>A declaration or statement: comments and attributes, head, body.</summary>
/// <param name="First">The first line, comments and attributes included.</param>
/// <param name="Code">The line where its head begins.</param>
/// <param name="Body">The first line of its body; the end when it has none.</param>
/// <param name="End">The line after it.</param>
/// <param name="HasBody">Whether some of its lines are nested deeper than its head.</param>
internal readonly record struct CodeItem(int First, int Code, int Body, int End, bool HasBody)
{
    /// <summary>As many lines a declaration has that is no mere field or property.</summary>
    private const int MinFunctionLines = 3;

    /// <summary>Lines with comments and attributes.</summary>
    public int Lines => End - First;

    /// <summary>Lines without them.</summary>
    public int CodeLines => End - Code;

    /// <summary>Whether it is large enough to be cited on its own.</summary>
    public bool IsFunctionLike => CodeLines >= MinFunctionLines || (HasBody && CodeLines == MinFunctionLines - 1);
}

/// <summary>Finds the declarations and statements of a program by the nesting of its lines.</summary>
internal sealed class CodeOutline(LineIndex lines, CodeLanguage language)
{
    private const int MaxHeaderLength = 120;

    /// <summary>The beginnings of lines that continue the statement before them.</summary>
    private static readonly string[] s_continuations =
    [
        "{",
        "}",
        ")",
        "]",
        "else",
        "elif",
        "elsif",
        "elseif",
        "except",
        "catch",
        "finally",
        "rescue",
        "ensure",
        "end",
        "then",
        "do",
        "done",
        "fi",
        "esac",
        "begin",
        "where",
        "=>",
        "->",
        ".",
        "?",
        ":",
        "&&",
        "||",
        "throws",
        "and",
        "or",
        "END",
        "</",
    ];

    private static readonly SearchValues<char> s_continuationStarts = SearchValues.Create([
        .. s_continuations.Select(word => word[0]).Distinct(),
    ]);

    private readonly CodeLine[] _lines = CodeScanner.Scan(lines, language);

    /// <summary>The definitions of the program.</summary>
    public IReadOnlyList<FoundSymbol> Symbols(SymbolRules rules) => SymbolScanner.Scan(lines, _lines, language, rules);

    /// <summary>
    /// The items of a range of lines. An item reaches to the next line that is nested no deeper than its first one, so
    /// that the branches of a statement are items of the range after its head.
    /// </summary>
    public List<CodeItem> Items(int first, int end)
    {
        var items = new List<CodeItem>();
        var line = first;
        while (line < end)
        {
            if (_lines[line].IsBlank || IsClosing(line))
            {
                // Closing lines in front of an item, or after the last one: they stay with what stands before them.
                line++;
                continue;
            }

            var code = SkipLead(line, end);
            var next = code < end ? EndOfStatement(code, end) : end;
            items.Add(Measure(line, Math.Min(code, next), next));
            line = next;
        }

        return items;
    }

    /// <summary>The head of an item on one line, as far as its body.</summary>
    public string Header(CodeItem item)
    {
        var header = new StringBuilder();
        for (var line = item.Code; line < Math.Max(item.Body, item.Code + 1) && line < lines.Count; line++)
        {
            if (_lines[line].IsComment)
            {
                continue;
            }

            var text = lines[line].Trim();
            header
                .Append(header.Length > 0 && text.Length > 0 ? " " : "")
                .Append(text[..Math.Min(text.Length, MaxHeaderLength)]);
            if (header.Length >= MaxHeaderLength)
            {
                break;
            }
        }

        header.Length = Math.Min(header.Length, MaxHeaderLength);
        return header.ToString();
    }

    /// <summary>Skips comments and attributes; they belong to what follows without a blank line.</summary>
    private int SkipLead(int first, int end)
    {
        var line = first;
        while (line < end && (_lines[line].IsComment || IsAttribute(line)))
        {
            line++;
            while (line < end && !_lines[line].IsBlank && (_lines[line].IsInside || IsClosing(line)))
            {
                line++;
            }
        }

        return line < end && !_lines[line].IsBlank ? line : Math.Max(line, first + 1);
    }

    private bool IsAttribute(int line)
    {
        var text = lines[line].Trim();
        return text switch
        {
            ['@', var c, ..] => !text.StartsWith("@media")
                && !text.StartsWith("@interface")
                && (char.IsLetter(c) || c == '['),
            ['#', '[', ..] or ['#', '!', '[', ..] => true,
            ['[', ..] => language.Braces && language.Semicolons && text[^1] is ']' or ',' or '(',
            _ => text.StartsWith("template") && text[^1] == '>',
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int EndOfStatement(int first, int end)
    {
        var level = _lines[first].Level;
        var last = first;
        var hasGap = false;
        for (var i = first + 1; i < end; i++)
        {
            ref readonly var line = ref _lines[i];
            if (line.IsBlank)
            {
                hasGap = true;
                continue;
            }

            if (!line.IsInside && (line.Level < level || (line.Level == level && !GoesOn(first, last, i, hasGap))))
            {
                break;
            }

            last = i;
            hasGap = false;
        }

        return last + 1;
    }

    /// <summary>Whether a line at the statement's own level still belongs to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool GoesOn(int first, int last, int line, bool hasGap)
    {
        if (IsClosing(line))
        {
            return true;
        }

        if (_lines[first].IsDirective || _lines[line].IsDirective)
        {
            return !hasGap && _lines[last].Last == '\\';
        }

        if (hasGap)
        {
            return false;
        }

        if (BeginsWithContinuation(lines[line].TrimStart()))
        {
            // The branches after the head of a statement are items of their own.
            return _lines[line].First == '{' || !BeginsWithContinuation(lines[first].TrimStart());
        }

        if (!language.Braces || _lines[line].IsComment)
        {
            return false;
        }

        var ended = _lines[last].Last is ';' or '}' or ',' or ':' or '\0' || _lines[last].IsComment;
        return !ended
            && (
                _lines[line].Indent > _lines[first].Indent
                || (language.Semicolons && _lines[last].Last is not ')' and not ']')
            );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsClosing(int line) =>
        (_lines[line].IsDirective && _lines[line].First == '#' && lines[line].TrimStart("# \t").StartsWith("e"))
        || _lines[line].First is '}' or ')' or ']'
            && !_lines[line].IsComment
            && lines[line].Trim().TrimEnd("}]);, ").IsEmpty;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool BeginsWithContinuation(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !s_continuationStarts.Contains(text[0]))
        {
            return false;
        }

        foreach (var word in s_continuations)
        {
            if (
                text.StartsWith(word)
                && (
                    !char.IsLetter(word[0])
                    || text.Length == word.Length
                    || !(char.IsLetterOrDigit(text[word.Length]) || text[word.Length] == '_')
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    private CodeItem Measure(int first, int code, int end)
    {
        var level = code < end ? _lines[code].Level : 0;
        var body = code;
        while (body < end && (_lines[body].IsInside || _lines[body].Level <= level || _lines[body].IsBlank))
        {
            body++;
        }

        // A body in the middle of a call (a lambda, say) does not begin before the line that opened it.
        return new CodeItem(first, code, body, end, body < end);
    }
}
