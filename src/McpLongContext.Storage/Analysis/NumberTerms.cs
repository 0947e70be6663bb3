using System.Runtime.CompilerServices;

namespace McpLongContext.Storage.Analysis;

/// <summary>
/// Terms of numbers: <c>1,003,699</c> gives <c>1003699</c> beside its groups, <c>0x8007000E</c> also <c>8007000e</c>.
/// </summary>
internal static class NumberTerms
{
    private const int GroupLength = 3;
    private const int MaxGroups = 8;

    /// <summary>
    /// Appends a number that begins with the digits from <paramref name="start"/> to <paramref name="end"/>.
    /// </summary>
    /// <returns>The index after what was read.</returns>
    public static int Append(ReadOnlySpan<char> text, int start, int end, TermBuffer terms, bool split)
    {
        var last = DottedEnd(text, end);
        Add(text[start..last], terms);
        if (split)
        {
            AppendGrouped(text, start, end, terms);
        }

        return last;
    }

    /// <summary>Adds digits and inner full stops as one term.</summary>
    public static void Add(ReadOnlySpan<char> number, TermBuffer terms)
    {
        Span<char> folded = stackalloc char[TermAnalyzer.MaxTermLength];
        var length = Math.Min(number.Length, folded.Length);
        for (var i = 0; i < length; i++)
        {
            folded[i] = number[i] == '.' ? '.' : Characters.Fold(number[i]);
        }

        terms.Add(folded[..length].TrimEnd('.'));
    }

    /// <summary>The index after the groups of digits that follow full stops.</summary>
    public static int DottedEnd(ReadOnlySpan<char> text, int end)
    {
        while (end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
        {
            end++;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }
        }

        return end;
    }

    /// <summary>Whether the word that ends at an index continues as a version does: digit, full stop, digit.</summary>
    public static bool EndsInVersion(ReadOnlySpan<char> text, int end) =>
        end + 1 < text.Length
        && text[end] == '.'
        && char.IsAsciiDigit(text[end + 1])
        && char.IsAsciiDigit(text[end - 1]);

    /// <summary>Whether a word is a hexadecimal number, with or without a suffix of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsHexadecimal(ReadOnlySpan<char> run)
    {
        if (run.Length < 3 || run[0] != '0' || run[1] is not ('x' or 'X'))
        {
            return false;
        }

        var digits = run[2..].TrimEnd("uUlL");
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c) && c != '_')
            {
                return false;
            }
        }

        return !digits.IsEmpty && digits.Length <= TermAnalyzer.MaxTermLength - 2;
    }

    /// <summary>Appends a hexadecimal number with its prefix and, unless the whole alone is wanted, without.</summary>
    public static void AppendHexadecimal(ReadOnlySpan<char> run, TermBuffer terms, bool split)
    {
        Span<char> folded = stackalloc char[TermAnalyzer.MaxTermLength];
        (folded[0], folded[1]) = ('0', 'x');
        var length = 2;
        foreach (var c in run[2..].TrimEnd("uUlL"))
        {
            if (c != '_')
            {
                folded[length++] = (char)(c | 0x20);
            }
        }

        terms.Add(folded[..length]);
        if (split && length > 2)
        {
            terms.Add(folded[2..length]);
        }
    }

    /// <summary>Appends the digits of groups of thousands as one number.</summary>
    private static void AppendGrouped(ReadOnlySpan<char> text, int start, int end, TermBuffer terms)
    {
        var isFirst = start < 2 || !IsSeparator(text[start - 1]) || !char.IsAsciiDigit(text[start - 2]);
        if (
            end - start > GroupLength
            || text[start] == '0'
            || end == text.Length
            || !IsSeparator(text[end])
            || !isFirst
        )
        {
            return;
        }

        Span<char> joined = stackalloc char[GroupLength * (MaxGroups + 1)];
        text[start..end].CopyTo(joined);
        var length = end - start;
        var separator = text[end];
        var groups = 0;
        var last = GroupLength;
        var at = end;
        for (; groups < MaxGroups && at < text.Length && text[at] == separator; groups++)
        {
            var digits = DigitsAt(text, at + 1);
            if (digits != GroupLength && (digits != 2 || separator != ','))
            {
                break;
            }

            text.Slice(at + 1, digits).CopyTo(joined[length..]);
            length += digits;
            at += 1 + digits;
            last = digits;
        }

        // A decimal number has one full stop, and numbers beside each other one space.
        var isAmbiguous = separator is '.' or ' ' && groups < 2;
        var goesOn = at + 1 < text.Length && text[at] == separator && char.IsAsciiDigit(text[at + 1]);
        if (groups > 0 && last == GroupLength && !isAmbiguous && !goesOn)
        {
            terms.Add(joined[..length]);
        }
    }

    private static int DigitsAt(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - start;
    }

    private static bool IsSeparator(char c) =>
        c is ',' or '.' or '\'' or ' ' or '\u2019' or '\u00A0' or '\u202F' or '\u2009';
}
