using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using McpLongContext.Storage.Analysis.Reading;

namespace McpLongContext.Storage.Analysis;

/// <summary>
/// Turns text into the terms of the lexical index; questions go through the same code. Escape sequences are decoded and
/// forms of characters made equal before (<see cref="PlainText"/>).
/// <list type="bullet">
/// <item>Words: Unicode letters, lower case, without diacritics, stemmed lightly; stop words are dropped. A letter
/// alone counts where it is a capital (<c>Appendix B</c>). The index and questions have a word with diacritics as it is
/// written, too: <c>café</c> gives <c>cafe café</c>, so that the texts that write it so are ahead.</item>
/// <item>Identifiers: the whole one without its separators, and its parts: <c>HTTPServer2</c> gives
/// <c>httpserver2 http server 2</c>.</item>
/// <item>Numbers (<c>10.0.14</c>), UUIDs and hashes stay whole; <see cref="NumberTerms"/> has the others.</item>
/// <item>Scripts without spaces: characters and pairs of characters.</item>
/// </list>
/// A term is at most <see cref="MaxTermLength"/> characters of letters, digits and inner full stops, so that FTS5's
/// own tokenizer never splits it.
/// </summary>
/// <remarks>
/// Code that runs for every character is compiled with full optimization at once: most of a first ingest would be over
/// before the runtime finds out that it is worth it.
/// </remarks>
public static class TermAnalyzer
{
    /// <summary>Changes whenever the terms of some text change; the index is rebuilt then.</summary>
    public const int Version = 3;

    /// <summary>Longer words are cut to this length, in UTF-16 units.</summary>
    public const int MaxTermLength = 64;

    private const int UuidLength = 36;
    private const int MinHashLength = 16;

    /// <summary>Parts of one identifier that become terms; what follows is noise such as embedded data.</summary>
    private const int MaxParts = 32;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>The distinct terms of <paramref name="text"/> in the order of their first appearance.</summary>
    public static IReadOnlyList<string> Terms(string text) => Terms(text, splitIdentifiers: true);

    /// <summary>The distinct terms, of an identifier either the whole and its parts or the whole alone.</summary>
    internal static IReadOnlyList<string> Terms(string text, bool splitIdentifiers) =>
        Terms(text, splitIdentifiers, keepsDiacritics: false);

    /// <summary>The distinct terms that a question asks the index for.</summary>
    public static IReadOnlyList<string> QueryTerms(string text) =>
        Terms(text, splitIdentifiers: true, keepsDiacritics: true);

    private static string[] Terms(string text, bool splitIdentifiers, bool keepsDiacritics)
    {
        ArgumentNullException.ThrowIfNull(text);
        var buffer = new TermBuffer(keepsDiacritics);
        Append(text, buffer, splitIdentifiers);
        var terms = Encoding.UTF8.GetString(buffer.Utf8).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return terms.Distinct(StringComparer.Ordinal).ToArray();
    }

    /// <summary>Appends the terms of <paramref name="text"/>, repeated as often as they occur.</summary>
    internal static void Append(ReadOnlySpan<char> text, TermBuffer terms, bool splitIdentifiers = true) =>
        AppendPlain(terms.Plain.Read(text), terms, splitIdentifiers);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendPlain(ReadOnlySpan<char> text, TermBuffer terms, bool splitIdentifiers)
    {
        var i = 0;
        while (i < text.Length)
        {
            switch (Characters.ClassOf(text[i]))
            {
                case CharacterClass.Separator:
                    i++;
                    break;
                case CharacterClass.Dense:
                    i = AppendDense(text, i, terms);
                    break;
                default:
                    i = AppendRun(text, i, terms, splitIdentifiers);
                    break;
            }
        }
    }

    /// <summary>A run of a script without spaces: each character and each pair; returns the index after it.</summary>
    private static int AppendDense(ReadOnlySpan<char> text, int start, TermBuffer terms)
    {
        var previous = -1;
        var i = start;
        while (i < text.Length && Characters.ClassOf(text[i]) == CharacterClass.Dense)
        {
            // Characters beyond the basic plane are pairs of surrogates.
            var length =
                char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            if (length == 1 && char.IsSurrogate(text[i]))
            {
                previous = -1;
                i++;
                continue;
            }

            terms.Add(text.Slice(i, length));
            if (previous >= 0)
            {
                terms.Add(text[previous..(i + length)]);
            }

            previous = i;
            i += length;
        }

        return i;
    }

    /// <summary>A run of letters, digits and underscores; returns the index after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AppendRun(ReadOnlySpan<char> text, int start, TermBuffer terms, bool splitIdentifiers)
    {
        if (IsUuid(text, start))
        {
            Span<char> digits = stackalloc char[UuidLength];
            terms.Add(digits[..Fold(text.Slice(start, UuidLength), digits)]);
            return start + UuidLength;
        }

        var end = start;
        var onlyDigits = true;
        while (end < text.Length && Characters.ClassOf(text[end]) is var kind && Characters.IsInner(kind))
        {
            onlyDigits &= kind == CharacterClass.Digit;
            end++;
        }

        if (onlyDigits)
        {
            return NumberTerms.Append(text, start, end, terms, splitIdentifiers);
        }

        if (NumberTerms.EndsInVersion(text, end))
        {
            return AppendVersion(text, start, end, terms, splitIdentifiers);
        }

        AppendIdentifier(text[start..end], terms, splitIdentifiers);
        return SkipContraction(text, end);
    }

    /// <summary>
    /// A name with a version, as <c>python3.10</c> or <c>v2.3.1</c>: the name, the number, and the whole.
    /// </summary>
    private static int AppendVersion(ReadOnlySpan<char> text, int start, int end, TermBuffer terms, bool split)
    {
        var name = text[start..end];
        var number = start + name.LastIndexOfAnyExceptInRange('0', '9') + 1;
        var last = NumberTerms.DottedEnd(text, end);
        Span<char> whole = stackalloc char[MaxTermLength];
        var length = Fold(name, whole);
        var rest = text[end..last];
        rest = rest[..Math.Min(rest.Length, MaxTermLength - length)].TrimEnd('.');
        rest.CopyTo(whole[length..]);
        terms.Add(whole[..(length + rest.Length)]);
        if (split)
        {
            NumberTerms.Add(text[number..last], terms);
            AppendIdentifier(name, terms, split);
        }

        return last;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendIdentifier(ReadOnlySpan<char> run, TermBuffer terms, bool split)
    {
        Span<char> folded = stackalloc char[MaxTermLength];
        if (IsHash(run))
        {
            terms.Add(folded[..Fold(run, folded)]);
            return;
        }

        if (run.Length == 1)
        {
            AppendLetter(run[0], terms);
            return;
        }

        if (NumberTerms.IsHexadecimal(run))
        {
            NumberTerms.AppendHexadecimal(run, terms, split);
            return;
        }

        var name = run.Trim('_');
        if (name.IsEmpty)
        {
            return;
        }

        var length = Fold(name, folded);
        if (terms.KeepsDiacritics)
        {
            AddAsWritten(name, folded[..length], terms);
        }

        if (PartLength(name) == name.Length)
        {
            AddWord(folded[..length], terms, isWhole: false);
            return;
        }

        AddWord(folded[..length], terms, isWhole: true);
        if (split)
        {
            AppendParts(name, length, folded, terms);
        }
    }

    /// <summary>Adds a word that its folded form does not write in full, in lower case.</summary>
    private static void AddAsWritten(ReadOnlySpan<char> name, ReadOnlySpan<char> folded, TermBuffer terms)
    {
        if (!name.ContainsAnyExceptInRange('\0', Characters.LastAscii))
        {
            return;
        }

        Span<char> written = stackalloc char[MaxTermLength];
        var n = 0;
        foreach (var c in name)
        {
            if (c != '_' && n < written.Length)
            {
                written[n++] = char.ToLowerInvariant(c);
            }
        }

        if (!folded.IsEmpty && !folded.SequenceEqual(written[..n]))
        {
            terms.Add(written[..Stemmer.Stem(written[..n])]);
        }
    }

    /// <summary>A letter alone is a name when it is a capital; English has the words A and I.</summary>
    private static void AppendLetter(char letter, TermBuffer terms)
    {
        if (letter is >= 'B' and <= 'Z' and not 'I')
        {
            terms.Add([(char)(letter | 0x20)]);
        }
        else if (!char.IsAscii(letter))
        {
            Span<char> folded = stackalloc char[2];
            AddWord(folded[..Fold([letter], folded)], terms, isWhole: false);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendParts(ReadOnlySpan<char> name, int length, Span<char> folded, TermBuffer terms)
    {
        var joint = new PartJoint(stackalloc char[MaxTermLength], length);
        for (var parts = 0; !name.IsEmpty && parts < MaxParts; name = name.TrimStart('_'))
        {
            var partLength = PartLength(name);
            var part = folded[..Fold(name[..partLength], folded)];
            var joined = joint.Next(part);
            AddWord(part, terms, isWhole: false);
            if (!joined.IsEmpty)
            {
                terms.Add(joined);
            }

            name = name[partLength..];
            parts++;
        }

        if (joint.End() is { IsEmpty: false } last)
        {
            terms.Add(last);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWord(Span<char> word, TermBuffer terms, bool isWhole)
    {
        if (
            word.IsEmpty
            || (!isWhole && ((word.Length == 1 && char.IsAsciiLetter(word[0])) || StopWords.Contains(word)))
        )
        {
            return;
        }

        terms.Add(word[..Stemmer.Stem(word)]);
    }

    /// <summary>
    /// The length of the first part of an identifier: underscores, digits, an acronym (capitals before a capitalized
    /// word), or a word with its capital.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int PartLength(ReadOnlySpan<char> run)
    {
        var first = Characters.ClassOf(run[0]);
        var n = 1;
        while (n < run.Length && Continues(first, Characters.ClassOf(run[n])))
        {
            n++;
        }

        if (first != CharacterClass.Upper || n == run.Length || !IsLetter(Characters.ClassOf(run[n])))
        {
            return n;
        }

        // A lower-case letter follows the capitals: the last of them belongs to its word.
        if (n > 1)
        {
            return n - 1;
        }

        while (n < run.Length && Continues(CharacterClass.Lower, Characters.ClassOf(run[n])))
        {
            n++;
        }

        return n;
    }

    private static bool Continues(CharacterClass first, CharacterClass next) =>
        first == next
        || (next == CharacterClass.Mark && IsLetter(first))
        || (first == CharacterClass.Mark && IsLetter(next));

    private static bool IsLetter(CharacterClass kind) => kind is CharacterClass.Lower or CharacterClass.Upper;

    /// <summary>Lower-cases, drops diacritics and separators, cuts; returns the number of characters written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Fold(ReadOnlySpan<char> source, Span<char> destination)
    {
        var n = 0;
        foreach (var c in source)
        {
            if (n == destination.Length)
            {
                break;
            }

            if (c > Characters.LastAscii && Characters.Spelled(c) is { IsEmpty: false } letters)
            {
                letters = letters[..Math.Min(letters.Length, destination.Length - n)];
                letters.CopyTo(destination[n..]);
                n += letters.Length;
                continue;
            }

            var folded = Characters.Fold(c);
            if (folded != '\0')
            {
                destination[n++] = folded;
            }
        }

        return n;
    }

    /// <summary>Skips the tail of "it's", "don't", "we'll" after a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int SkipContraction(ReadOnlySpan<char> text, int end)
    {
        if (end + 1 >= text.Length || text[end] is not ('\'' or '\u2019'))
        {
            return end;
        }

        var i = end + 1;
        while (i < text.Length && i <= end + 2 && char.IsAsciiLetterLower(text[i]))
        {
            i++;
        }

        var wordGoesOn = i < text.Length && Characters.IsInner(Characters.ClassOf(text[i]));
        return i > end + 1 && !wordGoesOn ? i : end;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsUuid(ReadOnlySpan<char> text, int start)
    {
        if (text.Length - start < UuidLength || text[start + 8] != '-')
        {
            return false;
        }

        for (var i = 0; i < UuidLength; i++)
        {
            var c = text[start + i];
            if (i is 8 or 13 or 18 or 23 ? c != '-' : !char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return start + UuidLength == text.Length || !Characters.IsInner(Characters.ClassOf(text[start + UuidLength]));
    }

    /// <summary>Whether a word is a hash, which stays whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool IsHash(ReadOnlySpan<char> run) =>
        run.Length >= MinHashLength && !run.ContainsAnyExcept(s_hexDigits) && run.ContainsAnyInRange('0', '9');
}
