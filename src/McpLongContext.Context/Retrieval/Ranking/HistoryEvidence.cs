using McpLongContext.Storage;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// The evidence of a history for a request for a change: files that commits with its words have touched before.
/// Measured on later commits of repositories (docs/decisions/history.md); other questions do not ask it.
/// </summary>
internal static class HistoryEvidence
{
    private const int Commits = 200;

    /// <summary>The gain of files by path, that of the best file 1.</summary>
    public static Dictionary<string, double> Find(DatastoreSnapshot snapshot, Question question)
    {
        var gains = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!question.IsChangeRequest)
        {
            return gains;
        }

        foreach (var found in snapshot.Commits.Search(question.Terms, Commits))
        {
            // A commit that touched many files says little of each.
            var share = found.Score / Math.Max(1, found.Commit.FileCount);
            foreach (var file in found.Commit.Files)
            {
                var path = Path.GetFullPath(file.Path, found.Root);
                if (snapshot.Documents.TryFind(path, out _))
                {
                    gains[path] = gains.GetValueOrDefault(path) + share;
                }
            }
        }

        var best = gains.Count == 0 ? 1 : gains.Values.Max();
        return gains.ToDictionary(gain => gain.Key, gain => gain.Value / best, StringComparer.Ordinal);
    }
}
