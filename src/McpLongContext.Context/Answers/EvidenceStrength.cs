using McpLongContext.Context.Contracts;
using McpLongContext.Storage;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Answers;

/// <summary>
/// How much of a question its evidence speaks of: the share of the question's words, weighed by their rarity in the
/// datastore, that stand in it. Of a question about something else, the rare words are missing.
/// </summary>
internal static class EvidenceStrength
{
    /// <summary>Below, no answer is tried.</summary>
    public const double Least = 0.5;

    /// <summary>
    /// The prior document frequency of every term: one passage of this many has it. In a few
    /// passages nothing is rare, and words weigh nearly alike; in many, these hardly count.
    /// </summary>
    private const int PriorPassages = 100;

    /// <summary>The share, 0 to 1; 1 for a question without words that count.</summary>
    public static double Of(DatastoreSnapshot snapshot, string question, IEnumerable<Evidence> passages)
    {
        var found = passages
            .SelectMany(passage => TermAnalyzer.Terms($"{passage.Path}\n{passage.Context}\n{passage.Text}"))
            .ToHashSet(StringComparer.Ordinal);
        var (have, all) = (0.0, 0.0);
        foreach (var term in TermAnalyzer.Terms(question))
        {
            var weight = Rarity(snapshot.Lexical.DocumentFrequency(term), snapshot.Documents.PassageCount);
            all += weight;
            have += found.Contains(term) ? weight : 0;
        }

        return all == 0 ? 1 : have / all;
    }

    /// <summary>-ln of the share of passages that have a word, the assumed ones included.</summary>
    private static double Rarity(long having, long passages) => Math.Log((passages + PriorPassages) / (having + 1.0));
}
