using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The gain of a passage for containing an identifier or quoted phrase of the question as it is written, or for being
/// what the question names. The rarer the literal, the more; where nothing but literals is asked for, they outrank
/// everything.
/// </summary>
internal static class LiteralEvidence
{
    /// <summary>
    /// Against the fused score, whose best candidates have 2 to 4. In code an identifier counts little beside the words
    /// around it: who asks what a method does wants the method, not its callers, and BM25 knows the identifier as a
    /// term.
    /// </summary>
    private const double CodeIdentifierGain = 0.3;

    /// <summary>Phrases, and in text hyphenated names, codes and UUIDs, are asked for themselves.</summary>
    private const double PhraseGain = 1.5;

    private const double LiteralQuestionGain = 100;
    private const double OtherCapitals = 0.7;
    private const int MatchesPerLiteral = 100;

    /// <summary>The gain of every passage that contains a literal or is a named place.</summary>
    public static Dictionary<long, double> Find(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        CancellationToken cancellation
    )
    {
        var gains = new Dictionary<long, double>();
        foreach (var literal in question.Literals)
        {
            var matches = Matches(snapshot, scope, literal, out _, cancellation);
            Add(gains, question, literal, matches, snapshot.Documents.PassageCount);
        }

        NamedPlaces.AddTo(gains, snapshot, scope, question, cancellation);
        return gains;
    }

    /// <summary>The passages that contain a literal, best first, with the kinds of their documents.</summary>
    /// <param name="snapshot">Where the passages are.</param>
    /// <param name="scope">The passages.</param>
    /// <param name="literal">The literal.</param>
    /// <param name="candidates">How many passages were looked at.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static IReadOnlyList<(ExactMatch Match, DocumentKind Kind)> Matches(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        string literal,
        out int candidates,
        CancellationToken cancellation
    ) => WithKinds(snapshot, snapshot.Exact.Find(literal, scope, MatchesPerLiteral, out candidates, cancellation));

    /// <summary>Those of some passages that contain a literal, as well.</summary>
    public static IReadOnlyList<(ExactMatch Match, DocumentKind Kind)> MatchesIn(
        DatastoreSnapshot snapshot,
        long[] passages,
        string literal,
        CancellationToken cancellation
    ) => WithKinds(snapshot, snapshot.Exact.FindIn(passages, literal, MatchesPerLiteral, cancellation));

    private static List<(ExactMatch Match, DocumentKind Kind)> WithKinds(
        DatastoreSnapshot snapshot,
        IReadOnlyList<ExactMatch> matches
    ) => [.. matches.Select(match => (match, StoredKind.Of(snapshot.Documents.OfPassage(match.Passage))))];

    /// <summary>Adds the gains of a literal.</summary>
    /// <param name="gains">The gains by passage.</param>
    /// <param name="question">The question.</param>
    /// <param name="literal">The literal.</param>
    /// <param name="found">The passages that contain it, best first.</param>
    /// <param name="passages">The number of all passages.</param>
    public static void Add(
        Dictionary<long, double> gains,
        Question question,
        string literal,
        IReadOnlyList<(ExactMatch Match, DocumentKind Kind)> found,
        double passages
    )
    {
        var matches = found.Take(MatchesPerLiteral).ToList();
        var rarity = Math.Log(1 + (passages / Math.Max(1, matches.Count))) / Math.Log(1 + passages);
        foreach (var (match, kind) in matches)
        {
            var gain = rarity * GainOf(literal, question, kind) * (match.SameCase ? 1 : OtherCapitals);
            gains[match.Passage] = gains.GetValueOrDefault(match.Passage) + gain;
        }
    }

    private static double GainOf(string literal, Question question, DocumentKind kind) =>
        question.IsLiteral ? LiteralQuestionGain
        : EncoderText.IsWrittenOut(kind) && !literal.Contains(' ', StringComparison.Ordinal) ? CodeIdentifierGain
        : PhraseGain;
}
