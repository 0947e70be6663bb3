using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Retrieval;

/// <summary>Reads a question: its terms, and what in it has to be found literally.</summary>
internal static class QueryAnalyzer
{
    /// <summary>The longest question, in characters: more is a document to ingest, not a question.</summary>
    public const int MaxLength = 10_000;

    private const int MaxLiterals = 8;

    private static readonly Regex s_invisible = Linear(@"\p{Cf}");
    private static readonly Regex s_controlOrSpace = Linear(@"[\p{Cc}\p{Co}\s]+");

    /// <summary>
    /// A phrase in double quotes or backticks; words joined by <c>_ . / \ :: -</c>; a word with a capital or digit
    /// inside, which hexadecimal numbers and hashes are, too; a number longer than a year. A sentence's full stop and a
    /// plain capitalized or upper-case word are no identifiers.
    /// </summary>
    private static readonly Regex s_literal = Linear(
        """
        "(?<quoted>[^"]{2,200})" | “(?<quoted>[^”]{2,200})” | `(?<quoted>[^`]{2,200})`
        | \b \w+ (?: (?: [_./\\-] | :: | -> ) \w+ )+ \b
        | \b \d{1,3} (?: [,'’] \d{3} )+ \b
        | \b (?: \w*\p{Ll}\p{Lu}\w* | \p{Lu}{2,}\p{Ll}\w+ | \w*_\w* | \p{L}+\p{N}\w* | \p{N}+\p{L}{2}\w*
            | \p{N}+\p{L}\p{N}\w* | \d{5,} ) \b
        """,
        RegexOptions.IgnorePatternWhitespace
    );

    private static readonly Regex s_word = Linear(@"[\p{L}\p{N}_]+");

    /// <summary>Terms beside the literals ("where is X defined") that leave a question literal.</summary>
    private const int MaxTermsBesideLiterals = 1;

    /// <summary>Reads a question.</summary>
    /// <exception cref="ContextException">The question is empty or too long.</exception>
    public static Question Analyze(string question)
    {
        var raw = question.Contains('\n', StringComparison.Ordinal) ? question : question.Replace("\\n", "\n");
        var frames = raw.Length <= StackTrace.MaxLength ? StackTrace.FramesOf(raw) : [];
        var asked = StackTrace.Summarize(raw, frames) is { } trace ? Cut(trace) : question;
        if (asked.Length > MaxLength)
        {
            throw new ContextException(
                $"question has {question.Length:N0} characters; at most {MaxLength:N0} are allowed. "
                    + "Ask shorter, or ingest the long text as a document and ask about it."
            );
        }

        var text = s_controlOrSpace.Replace(s_invisible.Replace(asked, ""), " ").Trim();
        if (text.Length == 0)
        {
            throw new ContextException("question is empty. Ask in words, or name an identifier or \"quoted phrase\".");
        }

        var written = s_literal.Matches(text).Select(WrittenOf).ToList();
        var binaryCodes = SignLiterals.In(
            s_literal.Replace(text, match => match.Groups["quoted"].Success ? " " : match.Value)
        );
        var literals = binaryCodes
            .Concat(written)
            .Where(literal => literal.Length > 1 || binaryCodes.Contains(literal))
            .Distinct(StringComparer.Ordinal)
            .Take(MaxLiterals)
            .ToList();
        var isLiteral = literals.Count > 0 && IsLiteral(text, binaryCodes, frames);
        List<string> words = [.. s_word.Matches(text).Select(match => match.Value)];
        var content = QueryKinds.ContentWords(words);
        var kind = QueryKinds.Recognize(text, literals, isLiteral, content);
        return new Question(text, TermAnalyzer.QueryTerms(text), literals, isLiteral)
        {
            Words = words,
            ContentWords = content,
            Kind = kind,
            IsChangeRequest = ChangeRequest.Is(text, kind),
            Frames = frames,
        };
    }

    /// <summary>A literal as it is looked for: without its quotes; a number without its separators.</summary>
    private static string WrittenOf(Match match) =>
        match.Groups["quoted"] is { Success: true } quoted ? quoted.Value.Trim()
        : match.Value.All(c => char.IsAsciiDigit(c) || c is ',' or '\'' or '’')
            ? string.Concat(match.Value.Where(char.IsAsciiDigit))
        : match.Value;

    private static bool IsLiteral(string text, IReadOnlyList<string> binaryCodes, IReadOnlyList<StackFrame> frames)
    {
        var rest = binaryCodes.Aggregate(text, (left, sign) => left.Replace(sign, " ", StringComparison.Ordinal));
        return frames.Count == 0 && TermAnalyzer.Terms(s_literal.Replace(rest, " ")).Count <= MaxTermsBesideLiterals;
    }

    private static string Cut(string trace) => trace.Length <= MaxLength ? trace : trace[..MaxLength];

    /// <summary>A pattern that takes linear time on every text.</summary>
    internal static Regex Linear(string pattern, RegexOptions options = RegexOptions.None) =>
        new(
            pattern,
            options | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        );
}
