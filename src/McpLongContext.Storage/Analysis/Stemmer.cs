using System.Buffers;
using System.Runtime.CompilerServices;

namespace McpLongContext.Storage.Analysis;

/// <summary>
/// Light stemming of English: plurals, -ing, -ed, -edly, -ly and a final e. It conflates the inflections of a word
/// (files, filed, filing, file) and leaves derivations (filer) apart. Words with other letters stay as they are.
/// </summary>
internal static class Stemmer
{
    private const int MinStem = 3;

    private static readonly SearchValues<char> s_vowels = SearchValues.Create("aeiouy");

    /// <summary>Stems the lower-case <paramref name="word"/> in place and returns its new length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Stem(Span<char> word)
    {
        if (word.Length <= MinStem || word.ContainsAnyExceptInRange('a', 'z'))
        {
            return word.Length;
        }

        var n = StripPlural(word);
        n = StripAdverb(word[..n]);
        n = StripVerb(word[..n]);
        return n > MinStem && word[n - 1] == 'e' ? n - 1 : n;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int StripPlural(Span<char> word)
    {
        var n = word.Length;
        if (word[n - 1] != 's' || word[n - 2] is 's' or 'u' or 'i')
        {
            return n;
        }

        if (word.EndsWith("ies") && n > 4)
        {
            word[n - 3] = 'y';
            return n - 2;
        }

        return n - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int StripAdverb(ReadOnlySpan<char> word) =>
        word.EndsWith("ly") && word.Length > MinStem + 3 ? word.Length - 2 : word.Length;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int StripVerb(Span<char> word)
    {
        var n = word.Length;
        if (word.EndsWith("ied") && n > 4)
        {
            word[n - 3] = 'y';
            return n - 2;
        }

        var suffix =
            word.EndsWith("ing") ? 3
            : word.EndsWith("ed") && !word.EndsWith("eed") && word is not "embed" ? 2
            : 0;
        var stem = n - suffix;
        if (suffix == 0 || stem < MinStem || !word[..stem].ContainsAny(s_vowels))
        {
            return n;
        }

        // running, planned: a doubled consonant, except where the base has it (call, pass, buzz, add).
        var doubled = word[stem - 1] == word[stem - 2] && !"aeioulsz".Contains(word[stem - 1]);
        return doubled && stem > MinStem ? stem - 1 : stem;
    }
}
