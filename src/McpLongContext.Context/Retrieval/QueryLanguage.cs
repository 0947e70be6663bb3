using System.Collections.Frozen;

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

    private static readonly (string Language, FrozenSet<string> Words)[] s_others =
    [
        (
            "German",
            Words(
                "der die das und ist nicht ein eine einen mit für auf wie wird werden wo wann warum welche wer von zu zum zur bei nach aus dem den des im ich wir sie es sich auch oder"
            )
        ),
        (
            "French",
            Words(
                "le la les de des et est un une dans pour que qui quoi quel quelle quels comment où quand pourquoi sur avec pas au aux du en cas faire il elle nous vous je ce cette sont"
            )
        ),
        (
            "Spanish",
            Words(
                "el la los las de y es una en para qué que cómo dónde cuándo por con del al se su sus no quién cuál son está hay lo como"
            )
        ),
        (
            "Italian",
            Words(
                "il la lo gli e è una di che per come dove quando perché con non del della dei nel nella si cosa quale chi sono alla sul"
            )
        ),
        (
            "Portuguese",
            Words(
                "o os as de e é uma em para que como onde quando por com não do da dos das no na ao qual quem são está se"
            )
        ),
        (
            "Dutch",
            Words(
                "de het een en van is niet dat wat hoe waar wanneer waarom met voor op bij naar uit zijn worden wordt wie welke ik wij"
            )
        ),
        ("Polish", Words("i w na z się jest nie co jak gdzie kiedy dlaczego do od dla po czy który która są")),
        ("Swedish", Words("och är en ett att det som på för med inte hur var när varför vad av till den de vem")),
    ];

    private const int MinWords = 2;

    /// <summary>In a text, which may be a program or a list of names, so many different ones have to say so.</summary>
    private const int MinWordsOfText = 4;

    /// <summary>One of so many different words of a text is one of them.</summary>
    private const int ShareOfText = 10;

    /// <summary>
    /// The language of a question that is not English; <see langword="null"/> for English and unclear ones.
    /// </summary>
    public static string? ForeignOf(string question) =>
        OfScript(question) ?? (OfWords(WordsOf(question)) is { Count: >= MinWords } found ? found.Language : null);

    /// <summary>
    /// The language of a text that is not English; <see langword="null"/> for English, unclear ones and programs.
    /// </summary>
    public static string? ForeignOfText(string text)
    {
        string[] words = [.. WordsOf(text).Distinct(StringComparer.Ordinal)];
        return OfScript(text)
            ?? (
                OfWords(words) is { Count: >= MinWordsOfText } found && found.Count * ShareOfText >= words.Length
                    ? found.Language
                    : null
            );
    }

    private static string? OfScript(string question)
    {
        var letters = question.Where(char.IsLetter).ToList();
        var foreign = letters.Where(letter => !IsLatin(letter)).ToList();
        if (foreign.Count * 2 > letters.Count)
        {
            return foreign.Exists(IsKana) ? "Japanese" : ScriptOf(foreign[0]);
        }

        return null;
    }

    private static string[] WordsOf(string text) =>
        [
            .. text.Split([.. " \t\r\n.,;:!?¿¡()\"'’«»"], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.ToLowerInvariant()),
        ];

    /// <summary>The language whose small words are more than those of English, and their number.</summary>
    private static (string? Language, int Count) OfWords(string[] words)
    {
        var english = words.Count(s_english.Contains);
        var best = s_others
            .Select(other => (other.Language, Count: words.Count(other.Words.Contains)))
            .MaxBy(other => other.Count);
        return best.Count > english ? best : (null, 0);
    }

    private static FrozenSet<string> Words(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static bool IsLatin(char letter) =>
        letter
            is < '\u0250'
                or (>= '\u1E00' and <= '\u1EFF')
                or (>= '\uFB00' and <= '\uFB06')
                or (>= '\uFF21' and <= '\uFF5A');

    private static bool IsKana(char letter) => letter is >= '\u3040' and <= '\u30FF';

    private static string ScriptOf(char letter) =>
        letter switch
        {
            >= '\u0370' and <= '\u03FF' or >= '\u1F00' and <= '\u1FFF' => "Greek",
            >= '\u0400' and <= '\u052F' => "a language in Cyrillic script",
            >= '\u0590' and <= '\u05FF' => "Hebrew",
            >= '\u0600' and <= '\u077F' => "a language in Arabic script",
            >= '\u0900' and <= '\u097F' => "a language in Devanagari script",
            >= '\u0E00' and <= '\u0E7F' => "Thai",
            >= '\u4E00' and <= '\u9FFF' => "Chinese",
            >= '\uAC00' and <= '\uD7A3' => "Korean",
            _ => "a language in another script",
        };
}
