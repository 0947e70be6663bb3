using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// What a passage gains by containing an identifier or quoted phrase of the question as it is written. The rarer the
/// literal, the more; where nothing but literals is asked for, they outrank everything.
/// </summary>
internal static class LiteralEvidence
{
    /// <summary>
    /// Against the fused score, whose best candidates have 2 to 4. An identifier counts little beside the words around
    /// it: who asks what a method does wants the method, not its callers, and BM25 knows the identifier as a term.
    /// </summary>
    private const double IdentifierGain = 0.3;

    /// <summary>Phrases, hyphenated names and UUIDs are asked for themselves.</summary>
    private const double PhraseGain = 1.5;

    private const double LiteralQuestionGain = 100;
    private const double OtherCapitals = 0.7;
    private const int MatchesPerLiteral = 100;

    /// <summary>The gain of every passage that contains a literal.</summary>
    public static Dictionary<long, double> Find(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        CancellationToken cancellation
    )
    {
        var gains = new Dictionary<long, double>();
        double passages = snapshot.Documents.PassageCount;
        foreach (var literal in question.Literals)
        {
            var matches = snapshot.Exact.Find(literal, scope, MatchesPerLiteral, cancellation);
            var rarity = Math.Log(1 + (passages / Math.Max(1, matches.Count))) / Math.Log(1 + passages);
            var gain = rarity * GainOf(literal, question);
            foreach (var match in matches)
            {
                gains[match.Passage] =
                    gains.GetValueOrDefault(match.Passage) + (match.SameCase ? gain : gain * OtherCapitals);
            }
        }

        return gains;
    }

    private static double GainOf(string literal, Question question) =>
        question.IsLiteral ? LiteralQuestionGain
        : literal.AsSpan().ContainsAny(' ', '-') ? PhraseGain
        : IdentifierGain;
}
