using System.Buffers;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>
/// Recognizes the definition that begins in a line: by a keyword in front of the name, or by the form that functions
/// and members have in the language. Judged line by line, because a definition names itself in its first one; a program
/// that is not complete or not correct loses nothing but the lines that are not read.
/// </summary>
internal readonly struct DeclarationReader(SymbolRules rules)
{
    /// <summary>Characters of a line that are read: a name stands early.</summary>
    private const int MaxLength = 400;

    /// <summary>Words that begin a statement, so that the name after it, or it itself, is none.</summary>
    private static readonly FrozenSet<string> s_statements = (
        "if else for foreach while do switch case return throw new await yield using lock goto catch try finally"
        + " delete sizeof typeof assert when with in not and or import from require print echo super this default"
        + " break continue elif except raise del pass lambda is as unless until rescue ensure begin end then fi done"
        + " esac match loop function async select defer go package include"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Characters that end a name in a list.</summary>
    private static readonly SearchValues<char> s_listEnds = SearchValues.Create(" \t()[]{}");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_isStatement =
        s_statements.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _modifiers =
        rules.Modifiers.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly FrozenDictionary<string, Declares>.AlternateLookup<ReadOnlySpan<char>> _keywords =
        rules.Keywords.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The definition in a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="enclosing">
    /// The kind of the innermost definition around it; <see langword="null"/> at the outermost level.
    /// </param>
    /// <param name="isOutermost">Whether nothing at all is around it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Declaration Read(ReadOnlySpan<char> line, SymbolKind? enclosing, bool isOutermost)
    {
        var cursor = new LineCursor(line[..Math.Min(line.Length, MaxLength)]);
        if (rules.Lists)
        {
            return ReadList(cursor);
        }

        SkipAttributes(ref cursor);
        var declaration = ReadKeyword(ref cursor, enclosing, isOutermost);
        if (!declaration.IsNone || cursor.Rest.IsEmpty)
        {
            return declaration;
        }

        var rest = cursor.Rest;
        var isInFunction = enclosing == SymbolKind.Function;
        if (rules.AssignedFunctions && ReadAssigned(rest, isOutermost) is { IsNone: false } assigned)
        {
            return assigned;
        }

        if (rules.BareMethods && !isInFunction && ReadMethod(rest) is { IsNone: false } method)
        {
            return method;
        }

        if (rules.TypedFunctions && !isInFunction && ReadTyped(rest, enclosing, isOutermost) is { IsNone: false } typed)
        {
            return typed;
        }

        if (rules.Signatures && !isInFunction && ReadSignature(rest, enclosing) is { IsNone: false } signature)
        {
            return signature;
        }

        if (rules.ShellFunctions && ReadShellFunction(rest) is { IsNone: false } function)
        {
            return function;
        }

        return rules.Assignments && (isOutermost || enclosing is SymbolKind.Type or SymbolKind.Module)
            ? ReadAssignment(rest, enclosing)
            : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SkipAttributes(ref LineCursor cursor)
    {
        while (cursor.Rest is ['@' or '#' or '[' or 't', ..])
        {
            if (
                cursor.Rest is ['@', var letter, ..]
                && char.IsLetter(letter)
                && !cursor.Rest.StartsWith("@i")
                && !cursor.Rest.StartsWith("@p")
            )
            {
                cursor.Skip(1);
                _ = cursor.QualifiedName();
                cursor.TrySkipBalanced('(', ')');
            }
            else if (cursor.Rest is ['#', '[', ..])
            {
                cursor.Skip(1);
                cursor.TrySkipBalanced('[', ']');
            }
            else if (cursor.Rest.StartsWith("template") && cursor.Rest[8..].TrimStart() is ['<', ..])
            {
                cursor.Skip(8);
                cursor.TrySkipBalanced('<', '>');
            }
            else if (!cursor.TrySkipBalanced('[', ']'))
            {
                return;
            }
        }
    }

    /// <summary>A keyword after any modifiers; the cursor stands after the modifiers where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Declaration ReadKeyword(ref LineCursor cursor, SymbolKind? enclosing, bool isOutermost)
    {
        while (true)
        {
            var word = cursor.Rest is ['@', ..]
                ? cursor.Rest[..(1 + LineCursor.WordLength(cursor.Rest[1..]))]
                : cursor.PeekWord();
            if (word.IsEmpty)
            {
                return default;
            }

            if (_keywords.TryGetValue(word, out var declares))
            {
                var rest = cursor;
                rest.Skip(word.Length);
                if (ReadNamed(ref rest, declares, enclosing, isOutermost) is { IsNone: false } declaration)
                {
                    return declaration;
                }
            }

            if (!_modifiers.Contains(word))
            {
                return default;
            }

            cursor.Skip(word.Length);
            cursor.TrySkipBalanced('(', ')');
        }
    }

    private Declaration ReadNamed(ref LineCursor cursor, Declares declares, SymbolKind? enclosing, bool isOutermost)
    {
        if (declares == Declares.Typedef)
        {
            return ReadTypedef(cursor);
        }

        while (_keywords.ContainsKey(cursor.PeekWord()))
        {
            // "enum class", "record struct", "companion object".
            cursor.Word();
        }

        cursor.TrySkip("*");
        cursor.TrySkip("!");
        ReadOnlySpan<char> receiver = default;
        if (cursor.Rest is ['<', ..])
        {
            cursor.TrySkipBalanced('<', '>');
        }
        else if (declares == Declares.Function && cursor.Rest is ['(', ..])
        {
            // Go: the receiver stands in front of the name.
            var length = LineCursor.BalancedLength(cursor.Rest, '(', ')');
            receiver = LastWord(cursor.Rest[..length]);
            cursor.Skip(length);
        }

        if (
            declares == Declares.Type
            && cursor.Rest.IndexOf("=>", StringComparison.Ordinal) is > 0 and var arrow
            && rules.Signatures
        )
        {
            cursor.Skip(arrow + 2);
        }

        cursor.TrySkip("`");
        cursor.TrySkip("#");
        var name = cursor.QualifiedName();
        if (name.IsEmpty)
        {
            return default;
        }

        if (declares == Declares.Container)
        {
            // Rust: the type stands after the trait.
            cursor.TrySkipBalanced('<', '>');
            name = cursor.TrySkip("for ") ? cursor.QualifiedName() : name;
        }

        return declares switch
        {
            Declares.Container => Declaration.Of(name, kind: null),
            Declares.Module => Declaration.Of(name, SymbolKind.Module),
            Declares.Function => Declaration.Of(name, SymbolKind.Function, receiver),
            Declares.Value => ReadValue(name, cursor.Rest, enclosing, isOutermost),
            _ => IsTypeHead(cursor.Rest) ? Declaration.Of(name, SymbolKind.Type) : default,
        };
    }

    /// <summary>In C a structure's name may only say what a variable or function has for a type.</summary>
    private bool IsTypeHead(ReadOnlySpan<char> rest) =>
        !rules.Prototypes
        || rest.IsEmpty
        || rest[0] is '{' or ':' or '<' or '='
        || rest.StartsWith("final")
        || (rest[0] == '(' && !rest.Contains(';'));

    private static Declaration ReadTypedef(LineCursor cursor)
    {
        var rest = cursor.Rest;
        if (rest.IndexOf('=') is > 0 and var equals)
        {
            // C++: using Name = type.
            return Declaration.Of(LastWord(rest[..equals]), SymbolKind.Type);
        }

        if (rest.EndsWith(';') && !rest.StartsWith("namespace"))
        {
            var pointer = rest.IndexOf("(*", StringComparison.Ordinal);
            return pointer >= 0
                ? Declaration.Of(rest.Slice(pointer + 2, LineCursor.WordLength(rest[(pointer + 2)..])), SymbolKind.Type)
                : Declaration.Of(LastWord(rest), SymbolKind.Type);
        }

        return rest.StartsWith("struct") || rest.StartsWith("enum") || rest.StartsWith("union")
            ? new Declaration("", SymbolKind.Type) { IsTypedef = true }
            : default;
    }

    /// <summary>
    /// The right-hand side tells whether a value is a function, a type, or what another file defines.
    /// </summary>
    private static Declaration ReadValue(
        ReadOnlySpan<char> name,
        ReadOnlySpan<char> rest,
        SymbolKind? enclosing,
        bool isOutermost
    )
    {
        var value = rest.IndexOf('=') is >= 0 and var equals ? rest[(equals + 1)..].TrimStart() : default;
        if (value.StartsWith("require(") || value.StartsWith("@import(") || value.StartsWith("import("))
        {
            return default;
        }

        if (IsFunction(value))
        {
            return Declaration.Of(name, SymbolKind.Function);
        }

        if (IsType(value))
        {
            return Declaration.Of(name, SymbolKind.Type);
        }

        return enclosing switch
        {
            SymbolKind.Function => default,
            SymbolKind.Type => Declaration.Of(name, SymbolKind.Property),
            null when !isOutermost => default,
            _ => Declaration.Of(name, SymbolKind.Value),
        };
    }

    private static bool IsFunction(ReadOnlySpan<char> value)
    {
        value = value.StartsWith("async ") ? value[6..].TrimStart() : value;
        if (value.StartsWith("function"))
        {
            return true;
        }

        if (value is ['(' or '<', ..])
        {
            var generics = value[0] == '<' ? LineCursor.BalancedLength(value, '<', '>') : 0;
            var parameters = value[generics..].TrimStart();
            var length = parameters is ['(', ..] ? LineCursor.BalancedLength(parameters, '(', ')') : 0;
            return length > 0
                && parameters[length..] is var rest
                && (rest.Contains("=>", StringComparison.Ordinal) || rest.IsEmpty);
        }

        var word = LineCursor.WordLength(value);
        return word > 0 && value[word..].TrimStart().StartsWith("=>");
    }

    private static bool IsType(ReadOnlySpan<char> value)
    {
        foreach (var word in (ReadOnlySpan<string>)["packed ", "extern "])
        {
            value = value.StartsWith(word) ? value[word.Length..] : value;
        }

        return value[..LineCursor.WordLength(value)] is "struct" or "enum" or "union" or "class" or "opaque" or "error"
            && value.Contains('{');
    }

    /// <summary><c>app.use = function</c>, <c>send: (x) =></c>, <c>exports.parse = …</c>.</summary>
    private static Declaration ReadAssigned(ReadOnlySpan<char> text, bool isOutermost)
    {
        var cursor = new LineCursor(text);
        cursor.TrySkip("#");
        var name = cursor.QualifiedName();
        if (name.IsEmpty || cursor.Rest is not [':' or '=', ..] || cursor.Rest is ['=', '=' or '>', ..])
        {
            return default;
        }

        var isPart = cursor.Rest[0] == ':';
        if (isPart && cursor.Rest.IndexOf('=') is > 0 and var equals && cursor.Rest[equals..] is not ['=', '>', ..])
        {
            // A type stands between the name and what is assigned.
            cursor.Skip(equals);
        }

        cursor.Skip(1);
        return IsFunction(cursor.Rest) ? Declaration.Of(name, SymbolKind.Function)
            : isOutermost && name.StartsWith("exports.") ? Declaration.Of(name, SymbolKind.Value)
            : default;
    }

    /// <summary><c>send(body) {</c> in a class or an object.</summary>
    private static Declaration ReadMethod(ReadOnlySpan<char> text)
    {
        var cursor = new LineCursor(text);
        cursor.TrySkip("*");
        cursor.TrySkip("#");
        var name = cursor.Word();
        cursor.TrySkipBalanced('<', '>');
        if (name.IsEmpty || IsStatement(name) || cursor.Rest is not ['(', ..])
        {
            return default;
        }

        var parameters = LineCursor.BalancedLength(cursor.Rest, '(', ')');
        var rest = cursor.Rest[parameters..].Trim();
        return rest is ['{', ..] or [':', .., '{'] ? Declaration.Of(name, SymbolKind.Function) : default;
    }

    /// <summary><c>static int main(</c>, <c>public string Name {</c>: a type in front of a name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Declaration ReadTyped(ReadOnlySpan<char> text, SymbolKind? enclosing, bool isOutermost)
    {
        if (
            IsStatement(text[..LineCursor.WordLength(text)]) || text[0] is '#' or '{' or '}' or '(' or '.' or '=' or '"'
        )
        {
            return default;
        }

        var head = HeadEnd(text);
        if (head < 0)
        {
            return default;
        }

        var front = text[..head].TrimEnd();
        if (front is [.., '>'])
        {
            // The parameters of a generic method.
            front = front[..Math.Max(0, OpeningAngle(front))].TrimEnd();
        }

        var name = LastQualifiedName(front, out var start);
        var type = front[..start].TrimEnd();
        if (name.IsEmpty || IsStatement(name))
        {
            return default;
        }

        if (text[head] == '(')
        {
            var isConstructor = type.IsEmpty && enclosing == SymbolKind.Type;
            var isAlone = type.IsEmpty && isOutermost && rules.Prototypes;
            if (!(isConstructor || isAlone || IsTypeEnd(type)) || text[head..].StartsWith("(*"))
            {
                return default;
            }

            var isEnded = text.TrimEnd() is [.., ';'] && !text.Contains("=>", StringComparison.Ordinal);
            return isEnded && rules.Prototypes
                ? type.IsEmpty
                    ? default
                    : Declaration.Of(name, SymbolKind.Prototype)
                : isEnded && isConstructor
                    ? default
                    : Declaration.Of(name, SymbolKind.Function);
        }

        if (!IsTypeEnd(type))
        {
            return default;
        }

        return rules.TypedMembers && enclosing == SymbolKind.Type ? Declaration.Of(name, SymbolKind.Property)
            : rules.Prototypes && isOutermost && text[head] is '=' or '[' ? Declaration.Of(name, SymbolKind.Value)
            : default;
    }

    /// <summary>Where the head of a function or member ends: at its parameters, body or value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int HeadEnd(ReadOnlySpan<char> text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '<':
                    depth++;
                    break;
                case '>':
                    depth--;
                    break;
                case '(' when depth <= 0 && i > 0:
                case '{' or ';' or '=' when depth <= 0 && i > 0:
                    return i;
                case '[' when depth <= 0 && i > 0 && text[i..] is not ['[', ']' or ',', ..]:
                    return i;
                case '"' or '\'':
                    return -1;
            }
        }

        return -1;
    }

    private static bool IsTypeEnd(ReadOnlySpan<char> type) =>
        type is [.., var last]
        && (char.IsLetterOrDigit(last) || last is '_' or '>' or ']' or '*' or '&' or '?' or ')')
        && !IsStatement(type[..LineCursor.WordLength(type)]);

    private static Declaration ReadSignature(ReadOnlySpan<char> text, SymbolKind? enclosing)
    {
        var cursor = new LineCursor(text);
        if (cursor.Rest is ['{' or ',' or '|', ..])
        {
            cursor.Skip(1);
        }

        var name = cursor.Word();
        while (cursor.Rest is ['\'', ..])
        {
            cursor.Skip(1);
        }

        return !name.IsEmpty && cursor.Rest.StartsWith("::")
            ? Declaration.Of(
                name,
                enclosing == SymbolKind.Type && text[0] is '{' or ',' ? SymbolKind.Property : SymbolKind.Function
            )
            : default;
    }

    private static Declaration ReadShellFunction(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] is '_' or '-' or ':' or '.'))
        {
            length++;
        }

        return length > 0 && text[length..].TrimStart().StartsWith("()")
            ? Declaration.Of(text[..length], SymbolKind.Function)
            : default;
    }

    private static Declaration ReadAssignment(ReadOnlySpan<char> text, SymbolKind? enclosing)
    {
        var cursor = new LineCursor(text);
        var name = cursor.QualifiedName();
        if (name.IsEmpty || IsStatement(name))
        {
            return default;
        }

        if (cursor.Rest is [':', not ':' and not '=', ..])
        {
            // A type stands between the name and what is assigned.
            return Declaration.Of(name, enclosing == SymbolKind.Type ? SymbolKind.Property : SymbolKind.Value);
        }

        return cursor.Rest is ['=', not '=' and not '~' and not '>', ..] or ['<', '-', ..]
            ? Declaration.Of(name, enclosing == SymbolKind.Type ? SymbolKind.Property : SymbolKind.Value)
            : default;
    }

    private static Declaration ReadList(LineCursor cursor)
    {
        if (!cursor.TrySkip("(") || !cursor.Rest.StartsWith("def"))
        {
            return default;
        }

        var head = cursor.Rest.IndexOfAny(" \t");
        if (head < 0)
        {
            return default;
        }

        var word = cursor.Rest[..head];
        cursor.Skip(head);
        cursor.TrySkip("(");
        var end = cursor.Rest.IndexOfAny(s_listEnds);
        var name = end < 0 ? cursor.Rest : cursor.Rest[..end];
        var kind =
            word is "defrecord" or "deftype" or "defprotocol" or "defclass" or "defstruct" ? SymbolKind.Type
            : word is "def" or "defonce" or "defvar" or "defparameter" or "defconst" or "defconstant" ? SymbolKind.Value
            : SymbolKind.Function;
        return Declaration.Of(name, kind);
    }

    private static bool IsStatement(ReadOnlySpan<char> word) => s_isStatement.Contains(word);

    private static ReadOnlySpan<char> LastWord(ReadOnlySpan<char> text)
    {
        // Of a receiver "(c *Client[T])" the type, not its parameters.
        var generics = text.IndexOfAny('[', '<');
        text = generics > 0 ? text[..generics] : text;
        var end = text.Length;
        while (end > 0 && !(char.IsLetterOrDigit(text[end - 1]) || text[end - 1] == '_'))
        {
            end--;
        }

        var start = end;
        while (start > 0 && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] == '_'))
        {
            start--;
        }

        return text[start..end];
    }

    private static ReadOnlySpan<char> LastQualifiedName(ReadOnlySpan<char> text, out int start)
    {
        start = text.Length;
        while (start > 0 && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] is '_' or ':' or '~' or '$'))
        {
            start--;
        }

        // "return Pool::get(", "x.get(" are calls.
        return start > 0 && text[start - 1] == '.' ? default : text[start..];
    }

    private static int OpeningAngle(ReadOnlySpan<char> text)
    {
        var depth = 0;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            depth +=
                text[i] == '>' ? 1
                : text[i] == '<' ? -1
                : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }
}
