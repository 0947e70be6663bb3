using System.Text.RegularExpressions;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits programs of any language: a function with its comments and attributes is a passage, small members without a
/// body are joined to about twenty lines, and what is too large is cut along its inner blocks.
/// </summary>
internal sealed partial class CodeSplitter
{
    /// <summary>Neighbors are joined up to this many lines.</summary>
    private const int MaxJoinedLines = 20;

    /// <summary>A function stays whole up to this many lines, its comments not counted.</summary>
    private const int MaxFunctionLines = 40;

    /// <summary>The same with its comments.</summary>
    private const int MaxDocumentedLines = 60;

    /// <summary>So few lines between two functions are joined to the next.</summary>
    private const int MaxPrefixLines = 1;

    /// <summary>So few lines at the end of a cut function are joined to the piece before.</summary>
    private const int MaxRestLines = 3;

    /// <summary>A type stays whole up to this many lines.</summary>
    private const int MaxWholeTypeLines = 12;

    /// <summary>Deeper blocks are cut by lines alone.</summary>
    private const int MaxDepth = 24;

    private readonly LineIndex _lines;
    private readonly CodeOutline _outline;
    private readonly PassageBuilder _passages;
    private readonly bool _namesEveryLevel;

    /// <summary>
    /// The passage that is being joined: its first line, how many lines it has, and under what it stands.
    /// </summary>
    private int _first = -1;
    private int _count;
    private string _context = "";

    /// <summary>Under what the items stand that may join: what the head of a type begins, its members join.</summary>
    private string _scope = "";

    private CodeSplitter(LineIndex lines, CodeLanguage language, PassageBuilder passages, bool namesEveryLevel)
    {
        _lines = lines;
        _outline = new CodeOutline(lines, language);
        _passages = passages;
        _namesEveryLevel = namesEveryLevel;
    }

    /// <summary>Splits a program.</summary>
    /// <param name="lines">The program's lines.</param>
    /// <param name="path">The program's path; the extension tells the language.</param>
    /// <param name="passages">Receives the passages and the definitions that they hold.</param>
    public static void Split(LineIndex lines, string path, PassageBuilder passages)
    {
        var splitter = new CodeSplitter(lines, CodeLanguage.Of(path), passages, namesEveryLevel: false);
        splitter.AddMembers(0, lines.Count, context: "", depth: 0);
        splitter.Close();
        if (SymbolRules.For(path) is { } rules)
        {
            passages.Add(splitter._outline.Symbols(rules));
        }
    }

    /// <summary>Splits records and settings that nest by indentation; every enclosing key is context.</summary>
    public static void SplitData(LineIndex lines, PassageBuilder passages)
    {
        var splitter = new CodeSplitter(lines, CodeLanguage.Plain, passages, namesEveryLevel: true);
        splitter.AddStatements(0, lines.Count, context: "", depth: 0);
        splitter.Close();
    }

    /// <summary>Adds what a type or a file consists of.</summary>
    private void AddMembers(int first, int end, string context, int depth)
    {
        foreach (var item in _outline.Items(first, end))
        {
            var header = _outline.Header(item);
            if (item.HasBody && IsType(header))
            {
                AddType(item, header, context, depth);
            }
            else if (item.IsFunctionLike && !IsControl(header))
            {
                AddFunction(item, context, depth);
            }
            else if (item.CodeLines > MaxJoinedLines)
            {
                AddLarge(item, context, depth, isNamed: !IsControl(header));
            }
            else
            {
                Join(item, context);
            }
        }
    }

    /// <summary>Adds what a function or a block consists of.</summary>
    private void AddStatements(int first, int end, string context, int depth)
    {
        foreach (var item in _outline.Items(first, end))
        {
            if (item.IsFunctionLike && !_namesEveryLevel && IsFunction(_outline.Header(item)))
            {
                AddFunction(item, context, depth);
            }
            else if (item.Lines > MaxJoinedLines)
            {
                AddLarge(item, context, depth, isNamed: _namesEveryLevel);
            }
            else
            {
                Join(item, context);
            }
        }
    }

    private void AddType(CodeItem item, string header, string context, int depth)
    {
        if (item.Lines <= MaxWholeTypeLines || depth >= MaxDepth)
        {
            AddWhole(item, context, depth);
            return;
        }

        // Only what the type holds itself is joined to its head.
        BeginWithPrefix(item.First, context);
        _count = item.Body - item.First;
        _scope = IsNamespace(header) ? context : Within(context, header);
        AddMembers(item.Body, item.End, _scope, depth + 1);
    }

    private void AddFunction(CodeItem item, string context, int depth)
    {
        if (item.CodeLines <= MaxFunctionLines && item.Lines <= MaxDocumentedLines)
        {
            AddWhole(item, context, depth);
        }
        else
        {
            AddLarge(item, context, depth, isNamed: true);
        }
    }

    /// <summary>
    /// Adds an item as one passage, with the few lines in front of it that would be too little of their own.
    /// </summary>
    private void AddWhole(CodeItem item, string context, int depth)
    {
        if (item.Lines > MaxDocumentedLines && depth >= MaxDepth)
        {
            Cut(item.First, item.End, context);
            return;
        }

        BeginWithPrefix(item.First, context);

        Close();
    }

    /// <summary>
    /// Cuts an item that is too large for one passage: its head with the first statements, then the others.
    /// </summary>
    private void AddLarge(CodeItem item, string context, int depth, bool isNamed)
    {
        BeginWithPrefix(item.First, context);

        if (item.Code - item.First > MaxJoinedLines)
        {
            Close();
            Begin(item.Code, 0, context);
        }

        if (!item.HasBody || depth >= MaxDepth)
        {
            Cut(item.Code, item.End, context);
            return;
        }

        _count += item.Body - item.Code;
        _scope = isNamed ? Within(context, _outline.Header(item)) : context;
        AddStatements(item.Body, item.End, _scope, depth + 1);
        if (_first > item.Code && _count <= MaxRestLines)
        {
            // The last statements stay with those before them.
            _first = -1;
        }

        Close();
    }

    /// <summary>Joins an item to the passage before, as long as both together stay small.</summary>
    private void Join(CodeItem item, string context)
    {
        var isFull = _count + item.Lines > MaxJoinedLines;
        var isParagraph = _count >= MaxJoinedLines / 2 && item.First > 0 && _lines.IsBlank(item.First - 1);
        if (!IsOpen(context) || isFull || isParagraph)
        {
            Close();
            Begin(item.First, 0, context);
        }

        _count += item.Lines;
    }

    private void Cut(int first, int end, string context)
    {
        var start = first;
        for (var line = first + 1; line < end; line++)
        {
            var length = line - start;
            var isParagraph = length >= MaxJoinedLines / 2 && end - line > MaxPrefixLines && _lines.IsBlank(line - 1);
            if (length >= MaxJoinedLines || isParagraph)
            {
                Close();
                Begin(line, 0, context);
                start = line;
            }
        }

        Close();
    }

    /// <summary>Begins a passage, or continues with what stands in front where that is too little of its own.</summary>
    private void BeginWithPrefix(int line, string context)
    {
        if (!IsOpen(context) || _count > MaxPrefixLines)
        {
            Close();
            Begin(line, 0, context);
        }
    }

    private bool IsOpen(string scope) => _first >= 0 && string.Equals(scope, _scope, StringComparison.Ordinal);

    private void Begin(int line, int count, string context) =>
        (_first, _count, _context, _scope) = (line, count, context, context);

    private void Close()
    {
        if (_first >= 0)
        {
            _passages.Begin(_first, _context);
        }

        _first = -1;
        _count = 0;
    }

    private static string Within(string context, string header)
    {
        var signature = Modifiers().Replace(header, "").TrimEnd(' ', '{', ':', '(');
        signature = signature.EndsWith("=>", StringComparison.Ordinal) ? signature[..^2].TrimEnd(' ', '=') : signature;
        return context.Length == 0 ? signature : $"{context} > {signature}";
    }

    private static bool IsType(string header) => Type().IsMatch(header) && !FunctionWord().IsMatch(header);

    private static bool IsNamespace(string header) => Namespace().IsMatch(header);

    private static bool IsControl(string header) => Control().IsMatch(header);

    private static bool IsFunction(string header) =>
        !IsControl(header) && (FunctionWord().IsMatch(header) || FunctionHead().IsMatch(header) || IsType(header));

    /// <summary>A C function that returns a struct is no type: what holds data has no parameters.</summary>
    [GeneratedRegex(
        @"^(?:[\w\[\]@<>*]+\s+){0,6}(?:(?:struct|enum|union)(?:\s+[^(=]*)?$"
            + @"|(?:class|interface|namespace|trait|object|protocol|extension|module|mod|contract|library|record|actor"
            + @"|package|defmodule|instance|service|message)(?:\s+[\w<@$""'{]|\s*:?$))"
            + @"|^(?:unsafe\s+)?impl\b|^extern\s+""C",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Type();

    [GeneratedRegex(
        @"^(?:export\s+|inline\s+|declare\s+)*(?:namespace|package|extern|module)\b",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^[})\s]*(?:if|else|elif|elsif|for|foreach|while|until|unless|do|switch|match|case|when|default|with|try|except|catch"
            + @"|finally|rescue|ensure|using|lock|begin|select|loop|repeat|then|synchronized|guard|defer|fi|done|esac|end"
            + @"|return|throw|raise|await|yield|new|assert)\b",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Control();

    [GeneratedRegex(
        @"\b(?:function|def|defp|fn|func|fun|sub|proc|method|it|test|describe|beforeEach|afterEach)\b",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex FunctionWord();

    /// <summary>A call does not end with an opening brace; a declaration or a lambda does.</summary>
    [GeneratedRegex(
        @"=>\s*\{?$|^[\w$#*<>\[\],.?:&~\s]+\([^;]*\)[^;=]*\{$",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex FunctionHead();

    [GeneratedRegex(
        @"^(?:(?:public|private|protected|internal|static|sealed|abstract|partial|export|default|async|override|virtual|readonly"
            + @"|final|inline|extern|unsafe|open|pub(?:\([^)]*\))?|const|constexpr|declare|global|synchronized|native|new)\s+)+",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Modifiers();
}
