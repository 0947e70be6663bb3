using System.Text.RegularExpressions;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// Retrieves once more by what was found: where the question names something rare (a number, a code, an identifier),
/// the names in the passages that hold it lead to further passages, and theirs to others. So a value is followed
/// through the variables that it was assigned to, and a ticket through the mails that mention it. In code every line
/// has names that lead somewhere; there the definitions decide instead.
/// </summary>
internal sealed class LinkedEvidence(
    DatastoreSnapshot snapshot,
    PassageScope scope,
    PassagePlaces places,
    CancellationToken cancellation
)
{
    /// <summary>A name in more passages than this tells nothing about any of them.</summary>
    public const int MaxPassages = 4;

    /// <summary>Names that are looked up for a question, so that its latency is bounded.</summary>
    public const int MaxNames = 48;

    public const int MaxHops = 8;

    /// <summary>The cost of every hop to the score: the passages stand in the order of the chain.</summary>
    private const double HopCost = 0.05;

    /// <summary>
    /// Words that are no plain ones: with a digit, in capitals, with a capital or an underscore inside.
    /// </summary>
    private static readonly Regex s_name = new(
        @"\b(?:\w*\p{N}\w*|\p{Lu}{3,}|\w*\p{Ll}\p{Lu}\w*|\w+_\w+)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    );

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<long, int> _hops = [];

    /// <summary>
    /// Adds the passages that the question's names lead to, after the best one that holds such a name.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="ranked">The passages that were found for it, best first.</param>
    public IReadOnlyList<RankedPassage> Follow(Question question, IReadOnlyList<RankedPassage> ranked)
    {
        var names = NamesIn(question.Text);
        for (var hop = 0; hop <= MaxHops && names.Count > 0; hop++)
        {
            names =
            [
                .. names.SelectMany(name => Passages(name, hop)).SelectMany(NamesOf).Distinct(StringComparer.Ordinal),
            ];
        }

        return Insert(ranked, _hops, places);
    }

    /// <summary>The passages that hold a name and were not reached before; none where it is not rare.</summary>
    private List<long> Passages(string name, int hop)
    {
        if (_seen.Count >= MaxNames || !_seen.Add(name))
        {
            return [];
        }

        var matches = snapshot.Exact.Find(name, scope, MaxPassages + 1, cancellation);
        return matches.Count > MaxPassages
            ? []
            : [.. matches.Select(match => match.Passage).Where(IsText).Where(passage => _hops.TryAdd(passage, hop))];
    }

    private bool IsText(long passage) =>
        !EncoderText.IsWrittenOut(StoredKind.Of(snapshot.Documents.OfPassage(passage)));

    private List<string> NamesOf(long passage) =>
        snapshot.Passages.TryGet(passage, out var stored) ? NamesIn(stored.Text) : [];

    public static List<string> NamesIn(string text) => [.. s_name.Matches(text).Select(match => match.Value)];

    /// <summary>Adds the passages that were reached.</summary>
    /// <param name="ranked">The passages found for the question, best first.</param>
    /// <param name="hops">The hops that each reached passage took; 0: it has a name of the question.</param>
    /// <param name="places">The documents of the passages.</param>
    public static IReadOnlyList<RankedPassage> Insert(
        IReadOnlyList<RankedPassage> ranked,
        IReadOnlyDictionary<long, int> hops,
        PassagePlaces places
    )
    {
        if (hops.Values.All(hop => hop == 0))
        {
            return ranked;
        }

        var known = ranked.ToDictionary(passage => passage.Id);
        var seed = ranked.FirstOrDefault(passage => hops.GetValueOrDefault(passage.Id, 1) == 0)?.Score ?? 0;
        foreach (var (passage, hop) in hops)
        {
            var score = seed - (HopCost * hop);
            if (hop > 0 && !(known.TryGetValue(passage, out var before) && before.Score >= score))
            {
                known[passage] = new RankedPassage(passage, places.DocumentOf(passage), score);
            }
        }

        return
        [
            .. known
                .Values.OrderByDescending(passage => passage.Score)
                .ThenBy(passage => passage.Document.Path, StringComparer.Ordinal)
                .ThenBy(passage => passage.Id),
        ];
    }
}
