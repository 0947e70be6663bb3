using System.Runtime.CompilerServices;

namespace McpLongContext.Context.Ingestion.Splitting.Symbols;

/// <summary>Reads the words of a line of code from left to right.</summary>
internal ref struct LineCursor(ReadOnlySpan<char> line)
{
    /// <summary>The text that is not read yet, without white space in front.</summary>
    public ReadOnlySpan<char> Rest { get; private set; } = line.Trim();

    /// <summary>Reads an identifier; empty where none begins here.</summary>
    public ReadOnlySpan<char> Word()
    {
        var length = WordLength(Rest);
        var word = Rest[..length];
        Skip(length);
        return word;
    }

    /// <summary>The identifier that begins here, which stays unread.</summary>
    public readonly ReadOnlySpan<char> PeekWord() => Rest[..WordLength(Rest)];

    /// <summary>Reads a name with what it stands in: <c>Pool::acquire</c>, <c>Array.prototype.map</c>.</summary>
    public ReadOnlySpan<char> QualifiedName()
    {
        var start = Rest;
        var length = 0;
        while (true)
        {
            var word = WordLength(start[length..]);
            if (word == 0)
            {
                break;
            }

            length += word;
            var generics = start[length..] is ['<', ..] ? BalancedLength(start[length..], '<', '>') : 0;
            var joint = JointLength(start[(length + generics)..]);
            if (joint == 0 || WordLength(start[(length + generics + joint)..]) == 0)
            {
                break;
            }

            length += generics + joint;
        }

        Skip(length);
        return start[..length];
    }

    /// <summary>Skips a text that must stand here.</summary>
    public bool TrySkip(ReadOnlySpan<char> text)
    {
        if (!Rest.StartsWith(text, StringComparison.Ordinal))
        {
            return false;
        }

        Skip(text.Length);
        return true;
    }

    /// <summary>Skips brackets that begin here, with what they hold.</summary>
    public bool TrySkipBalanced(char open, char close)
    {
        var length = Rest is [var first, ..] && first == open ? BalancedLength(Rest, open, close) : 0;
        Skip(length);
        return length > 0;
    }

    /// <summary>Skips so many characters, and white space after them.</summary>
    public void Skip(int length) => Rest = Rest[length..].TrimStart();

    /// <summary>The length of the identifier that a text begins with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int WordLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !(char.IsLetter(text[0]) || text[0] is '_' or '$'))
        {
            return 0;
        }

        var length = 1;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] is '_' or '$'))
        {
            length++;
        }

        return length;
    }

    /// <summary>The length of brackets with what they hold; that of the text where they are not closed.</summary>
    public static int BalancedLength(ReadOnlySpan<char> text, char open, char close)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth +=
                text[i] == open ? 1
                : text[i] == close && !(close == '>' && i > 0 && text[i - 1] is '-' or '=') ? -1
                : 0;
            if (depth == 0)
            {
                return i + 1;
            }
        }

        return text.Length;
    }

    private static int JointLength(ReadOnlySpan<char> text) =>
        text is [':', ':', '~', ..] ? 3
        : text is [':', ':', ..] ? 2
        : text is ['.' or ':', ..] ? 1
        : 0;
}
