using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// Orders the candidates of a question by more than each of them says by itself: what is defined in it, how many good
/// passages its file has, what the file is called, and what the file is for. What speaks for a file is added to its
/// best passage alone, and further places of a file of code lose, so that one file does not fill a page.
/// </summary>
internal sealed class RankingStage(
    Question question,
    IReadOnlyDictionary<long, double> definitions,
    IReadOnlyDictionary<string, double> history
)
{
    private readonly NameEvidence _names = new(question);
    private readonly DocumentRoles _roles = new(question);

    /// <summary>A phrase, a message or a description is of one place, whatever else its file holds.</summary>
    private readonly bool _isOfOnePlace =
        question.Kind is QueryKind.Quoted or QueryKind.ErrorMessage or QueryKind.Description;

    /// <summary>The candidates, best first; equal ones by path and passage.</summary>
    public IReadOnlyList<RankedPassage> Order(IReadOnlyList<Candidate> candidates)
    {
        var isCode =
            candidates.Count(candidate => StoredKind.Of(candidate.Document) == DocumentKind.Code) * 2
            > candidates.Count;
        var ranked = new List<RankedPassage>(candidates.Count);
        foreach (var file in candidates.GroupBy(candidate => candidate.Document.Id))
        {
            var document = file.First().Document;
            var penalty = _roles.PenaltyOf(document, isCode);
            var passages = file.Select(candidate => new RankedPassage(
                    candidate.Id,
                    document,
                    candidate.Score + definitions.GetValueOrDefault(candidate.Id) - penalty
                ))
                .OrderByDescending(passage => passage.Score)
                .ThenBy(passage => passage.Id)
                .ToList();
            var gain =
                (_isOfOnePlace ? 0 : LogSum(passages, RankingWeights.FileTemperatureOf(StoredKind.Of(document))))
                + (_roles.IsUnwantedTest(document) ? 0 : _names.GainOf(document))
                + (RankingWeights.History * history.GetValueOrDefault(document.Path));
            passages[0] = passages[0] with { Score = passages[0].Score + gain };
            ranked.AddRange(
                question.Kind == QueryKind.NaturalLanguage && StoredKind.Of(document) == DocumentKind.Code
                    ? Spread(passages)
                    : passages
            );
        }

        return
        [
            .. ranked
                .OrderByDescending(passage => passage.Score)
                .ThenBy(passage => passage.Document.Path, StringComparer.Ordinal)
                .ThenBy(passage => passage.Id),
        ];
    }

    /// <summary>Lowers the places of a file after its best one; neighbors are one place, as in evidence.</summary>
    /// <param name="passages">Of one file, best first.</param>
    private static IEnumerable<RankedPassage> Spread(IEnumerable<RankedPassage> passages)
    {
        var places = new List<HashSet<long>>();
        foreach (var passage in passages)
        {
            var place = places.FindIndex(ids => ids.Contains(passage.Id - 1) || ids.Contains(passage.Id + 1));
            if (place < 0)
            {
                place = places.Count;
                places.Add([]);
            }

            places[place].Add(passage.Id);
            yield return passage with
            {
                Score = passage.Score - (RankingWeights.Crowding * place),
            };
        }
    }

    /// <summary>T ln sum exp((s - best) / T), which is 0 for one passage.</summary>
    /// <param name="passages">Of one file, best first.</param>
    /// <param name="temperature">T.</param>
    private static double LogSum(List<RankedPassage> passages, double temperature)
    {
        var best = passages[0].Score;
        var sum = passages.Sum(passage => Math.Exp((passage.Score - best) / temperature));
        return temperature * Math.Log(sum);
    }
}
