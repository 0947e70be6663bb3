using System.Collections.Frozen;
using System.Numerics;
using System.Text;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Whether a question or a text is in English, the language that the encoders of one language were trained on: told by
/// its script, and by the words that every sentence of a language has.
/// </summary>
internal static class QueryLanguage
{
    /// <summary>Small words of English that are not small words of the others.</summary>
    private static readonly FrozenSet<string> s_english =
        "the of and to is that it for are with as this be by not have from or which what how where when who why does did can there their was were will would should"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal);

    private static readonly (ForeignLanguage Language, FrozenSet<string> Words)[] s_others =
    [
        (
            new("German", ["de"]),
            Words(
                "der die das und ist nicht ein eine einen mit für auf wie wird werden wo wann warum welche wer von zu zum zur bei nach aus dem den des im ich wir sie es sich auch oder"
            )
        ),
        (
            new("French", ["fr"]),
            Words(
                "le la les de des et est un une dans pour que qui quoi quel quelle quels comment où quand pourquoi sur avec pas au aux du en cas faire il elle nous vous je ce cette sont"
            )
        ),
        (
            new("Spanish", ["es"]),
            Words(
                "el la los las de y es una en para qué que cómo dónde cuándo por con del al se su sus no quién cuál son está hay lo como"
            )
        ),
        (
            new("Italian", ["it"]),
            Words(
                "il la lo gli e è una di che per come dove quando perché con non del della dei nel nella si cosa quale chi sono alla sul"
            )
        ),
        (
            new("Portuguese", ["pt"]),
            Words(
                "o os as de e é uma em para que como onde quando por com não do da dos das no na ao qual quem são está se"
            )
        ),
        (
            new("Dutch", ["nl"]),
            Words(
                "de het een en van is niet dat wat hoe waar wanneer waarom met voor op bij naar uit zijn worden wordt wie welke ik wij"
            )
        ),
        (
            new("Polish", ["pl"]),
            Words("i w na z się jest nie co jak gdzie kiedy dlaczego do od dla po czy który która są")
        ),
        (
            new("Swedish", ["sv"]),
            Words("och är en ett att det som på för med inte hur var när varför vad av till den de vem")
        ),
    ];

    private static readonly FrozenDictionary<string, int> s_languages = s_others
        .Select(other => other.Words)
        .Prepend(s_english)
        .SelectMany((words, language) => words.Select(word => (Word: word, Language: language)))
        .GroupBy(one => one.Word, one => 1 << one.Language, StringComparer.Ordinal)
        .ToFrozenDictionary(one => one.Key, one => one.Sum(), StringComparer.Ordinal);

    private const int MinWords = 2;

    /// <summary>In a text, which may be a program or a list of names, so many different ones have to say so.</summary>
    private const int MinWordsOfText = 4;

    /// <summary>One of so many different words of a text is one of them.</summary>
    private const int ShareOfText = 10;

    /// <summary>
    /// The language of a question that is not English; <see langword="null"/> for English and unclear ones.
    /// </summary>
    public static ForeignLanguage? ForeignOf(string question) =>
        OfScript(question) ?? (OfWords(WordsOf(question)) is { Count: >= MinWords } found ? found.Language : null);

    /// <summary>
    /// The language of a text that is not English; <see langword="null"/> for English, unclear ones and programs.
    /// </summary>
    public static ForeignLanguage? ForeignOfText(string text)
    {
        string[] words = [.. WordsOf(text).Distinct(StringComparer.Ordinal)];
        return OfScript(text)
            ?? (
                OfWords(words) is { Count: >= MinWordsOfText } found && found.Count * ShareOfText >= words.Length
                    ? found.Language
                    : null
            );
    }

    private static ForeignLanguage? OfScript(string text)
    {
        if (Ascii.IsValid(text))
        {
            return null;
        }

        var (letters, foreign, hasKana, first) = (0, 0, false, '\0');
        foreach (var letter in text.Where(char.IsLetter))
        {
            letters++;
            if (!IsLatin(letter))
            {
                first = foreign++ == 0 ? letter : first;
                hasKana |= IsKana(letter);
            }
        }

        return foreign * 2 <= letters ? null
            : hasKana ? new ForeignLanguage("Japanese", ["ja"])
            : ScriptOf(first);
    }

    private static string[] WordsOf(string text) =>
        [
            .. text.Split([.. " \t\r\n.,;:!?¿¡()\"'’«»"], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.ToLowerInvariant()),
        ];

    /// <summary>The language whose small words are more than those of English, and their number.</summary>
    private static (ForeignLanguage? Language, int Count) OfWords(string[] words)
    {
        // The languages of a word are bits, the lowest that of English.
        Span<int> counts = stackalloc int[s_others.Length + 1];
        foreach (var word in words)
        {
            for (var rest = s_languages.GetValueOrDefault(word); rest != 0; rest &= rest - 1)
            {
                counts[BitOperations.TrailingZeroCount(rest)]++;
            }
        }

        var best = 1;
        for (var i = 2; i < counts.Length; i++)
        {
            best = counts[i] > counts[best] ? i : best;
        }

        return counts[best] > counts[0] ? (s_others[best - 1].Language, counts[best]) : (null, 0);
    }

    private static FrozenSet<string> Words(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static bool IsLatin(char letter) =>
        letter
            is < '\u0250'
                or (>= '\u1E00' and <= '\u1EFF')
                or (>= '\uFB00' and <= '\uFB06')
                or (>= '\uFF21' and <= '\uFF5A');

    private static bool IsKana(char letter) => letter is >= '\u3040' and <= '\u30FF';

    /// <summary>The language of a letter, or those of its script that many encoders were trained on.</summary>
    private static ForeignLanguage ScriptOf(char letter) =>
        letter switch
        {
            >= '\u0370' and <= '\u03FF' or >= '\u1F00' and <= '\u1FFF' => new("Greek", ["el"]),
            >= '\u0400' and <= '\u052F' => new(
                "a language in Cyrillic script",
                ["ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn", "tg"]
            ),
            >= '\u0590' and <= '\u05FF' => new("Hebrew", ["he"]),
            >= '\u0600' and <= '\u077F' => new("a language in Arabic script", ["ar", "fa", "ur", "ug"]),
            >= '\u0900' and <= '\u097F' => new("a language in Devanagari script", ["hi", "mr", "ne"]),
            >= '\u0E00' and <= '\u0E7F' => new("Thai", ["th"]),
            >= '\u4E00' and <= '\u9FFF' => new("Chinese", ["zh"]),
            >= '\uAC00' and <= '\uD7A3' => new("Korean", ["ko"]),
            _ => new("a language in another script", ["am", "bn", "gu", "hy", "ka", "km", "kn", "ml", "ta", "te"]),
        };
}
