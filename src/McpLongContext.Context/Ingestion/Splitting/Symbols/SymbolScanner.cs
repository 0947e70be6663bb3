using System.Runtime.CompilerServices;
using McpLongContext.Context.Documents;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>
/// Finds the definitions of a program: every line outside of comments, strings and brackets may begin one, and what it
/// is nested in is what the definitions before it at lower levels have named.
/// </summary>
internal sealed class SymbolScanner
{
    /// <summary>
    /// Raised whenever symbols change; documents with those of another version get them anew when they are ingested.
    /// </summary>
    public const int Version = 1;

    /// <summary>The longest name; longer ones are data.</summary>
    private const int MaxName = 128;

    /// <summary>The most definitions of a document; more are generated tables.</summary>
    private const int MaxSymbols = 20_000;

    private readonly LineIndex _lines;
    private readonly CodeLine[] _code;
    private readonly CodeLanguage _language;
    private readonly DeclarationReader _reader;
    private readonly List<Scope> _scopes = [];
    private readonly List<FoundSymbol> _found = [];
    private bool _hasTypedef;

    private SymbolScanner(LineIndex lines, CodeLine[] code, CodeLanguage language, SymbolRules rules) =>
        (_lines, _code, _language, _reader) = (lines, code, language, new DeclarationReader(rules));

    /// <summary>The definitions of a program, in the order of their lines.</summary>
    /// <param name="lines">The program's lines.</param>
    /// <param name="code">The facts known about each line.</param>
    /// <param name="language">How its blocks nest.</param>
    /// <param name="rules">The forms of definitions.</param>
    public static IReadOnlyList<FoundSymbol> Scan(
        LineIndex lines,
        CodeLine[] code,
        CodeLanguage language,
        SymbolRules rules
    )
    {
        var scanner = new SymbolScanner(lines, code, language, rules);
        for (var i = 0; i < code.Length && scanner._found.Count < MaxSymbols; i++)
        {
            scanner.Read(i);
        }

        // What a typedef names is known at its end.
        return scanner._hasTypedef ? [.. scanner._found.OrderBy(symbol => symbol.Line)] : scanner._found;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(int index)
    {
        ref readonly var line = ref _code[index];
        if (line.IsBlank || line.IsComment || line.IsInside)
        {
            return;
        }

        var text = _lines[index].Trim();
        if (line.IsDirective)
        {
            ReadDirective(index, text);
            return;
        }

        if (line.First is not (')' or ']'))
        {
            // What closes a head of several lines leaves nothing.
            Leave(line, text);
        }

        var declaration = _reader.Read(text, Enclosing, isOutermost: _scopes.Count == 0 && line.Level == 0);
        if (declaration.IsNone)
        {
            ReadGroup(index, line, text);
            return;
        }

        Define(index, line.Level, declaration);
    }

    /// <summary>The kind of symbol that the innermost definition names.</summary>
    private SymbolKind? Enclosing => _scopes.Count > 0 ? _scopes[^1].Kind : null;

    /// <summary>
    /// Leaves what ended before this line. An opening brace of its own still belongs to the head before it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Leave(CodeLine line, ReadOnlySpan<char> text)
    {
        if (_language.Braces && line.First == '{')
        {
            return;
        }

        while (_scopes.Count > 0 && _scopes[^1].Level >= line.Level)
        {
            if (_language.Braces && line.First != '}' && IsHeadGoingOn(text))
            {
                return;
            }

            var left = _scopes[^1];
            _scopes.RemoveAt(_scopes.Count - 1);
            if (left.IsTypedef && line.First == '}')
            {
                var cursor = new LineCursor(text[1..]);
                Add(left.Line, cursor.Word().ToString(), SymbolKind.Type, container: "");
                _hasTypedef = true;
            }
        }
    }

    private static bool IsHeadGoingOn(ReadOnlySpan<char> text) =>
        text[0] is ':' or ',' or ')' or '='
        || text.StartsWith("where ")
        || text.StartsWith("extends ")
        || text.StartsWith("implements ")
        || text.StartsWith("throws ")
        || text.StartsWith("with ");

    private void ReadDirective(int index, ReadOnlySpan<char> text)
    {
        var cursor = new LineCursor(text.TrimStart("# \t"));
        if (cursor.TrySkip("define "))
        {
            var name = cursor.Word();
            var isFunction = cursor.Rest is ['(', ..];
            Add(index, name.ToString(), isFunction ? SymbolKind.Function : SymbolKind.Value, container: "");
        }
    }

    /// <summary>Go: <c>const (</c> opens a list of definitions, whose lines are within its brackets.</summary>
    private void ReadGroup(int index, CodeLine line, ReadOnlySpan<char> text)
    {
        var kind =
            text is "const (" or "var (" ? SymbolKind.Value
            : text is "type (" ? SymbolKind.Type
            : default;
        if (kind == default)
        {
            return;
        }

        for (var i = index + 1; i < _code.Length && _code[i] is { IsInside: true } or { IsBlank: true }; i++)
        {
            var cursor = new LineCursor(_lines[i]);
            if (
                !_code[i].IsBlank
                && !_code[i].IsComment
                && _code[i].Level == line.Level
                && _code[i].Indent <= line.Indent + 4
            )
            {
                Add(i, cursor.Word().ToString(), kind, container: "");
            }
        }
    }

    private void Define(int index, int level, Declaration declaration)
    {
        var (container, name) = Cut(declaration.Name);
        container = declaration.Receiver.Length == 0 ? container : declaration.Receiver;
        if (declaration.Kind is { } kind && !declaration.IsTypedef)
        {
            Add(index, name, kind, container);
        }

        if (declaration.Kind is not (SymbolKind.Value or SymbolKind.Property or SymbolKind.Prototype))
        {
            var path = name.Length == 0 ? Path : Within(name);
            _scopes.Add(new Scope(index, level, path, declaration.Kind ?? SymbolKind.Type, declaration.IsTypedef));
        }
    }

    private void Add(int index, string name, SymbolKind kind, string container)
    {
        if (name.Length is > 1 and <= MaxName)
        {
            _found.Add(new FoundSymbol(index, name, kind, container.Length == 0 ? Path : Within(container)));
        }
    }

    /// <summary>The names of the definitions around the line, joined by full stops.</summary>
    private string Path => _scopes.Count > 0 ? _scopes[^1].Path : "";

    private string Within(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    /// <summary>
    /// Of <c>Pool::acquire</c> the pool and the name; <c>exports</c> and <c>prototype</c> say nothing.
    /// </summary>
    private static (string Container, string Name) Cut(string qualified)
    {
        if (qualified.AsSpan().IndexOfAny('.', ':', '~') < 0)
        {
            return ("", SaysNothing(qualified) ? "" : qualified);
        }

        var parts = qualified
            .Split(['.', ':', '~'], StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !SaysNothing(part))
            .ToArray();
        return parts.Length == 0 ? ("", "") : (string.Join('.', parts.SkipLast(1)), parts[^1]);
    }

    private static bool SaysNothing(string part) =>
        part is "exports" or "module" or "prototype" or "this" or "self" or "proto";

    /// <summary>A definition whose body is being read.</summary>
    private readonly record struct Scope(int Line, int Level, string Path, SymbolKind Kind, bool IsTypedef);
}
