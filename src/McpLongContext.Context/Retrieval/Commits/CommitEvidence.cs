using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Retrieval.Commits;

/// <summary>Finds the commits that answer a question about history, and shows them as evidence.</summary>
internal sealed class CommitEvidence(CommitIndex index, DocumentPaths paths)
{
    private const int MaxCommits = 10;
    private const int MaxNamed = 3;
    private const int Candidates = 100;

    /// <summary>A pattern leaves few of them.</summary>
    private const int CandidatesOfGlob = 5000;

    private const int ShownBody = 1000;
    private const int ShownFiles = 12;

    /// <summary>
    /// The commits for a question, best first, within a share of its budget that leaves as much for documents.
    /// </summary>
    /// <returns>None where the question asks for no history, or on a page after the first.</returns>
    public IReadOnlyList<Evidence> Find(QueryRequest request)
    {
        if (request.Cursor is not null || HistoryQuestion.Of(request.Question) is not { } question)
        {
            return [];
        }

        var named = question.Hashes.SelectMany(hash => index.Find(hash, MaxNamed)).ToList();
        var found = question.AsksForChange ? named.Concat(Search(question, request.PathGlob)) : named;
        var evidence = new List<Evidence>();
        var room = request.MaxTokens / 2;
        foreach (
            var commit in found
                .DistinctBy(one => one.Commit.Hash, StringComparer.Ordinal)
                .Take(Math.Min(request.TopK ?? MaxCommits, MaxCommits))
        )
        {
            var text = CommitText.Of(commit.Commit, ShownBody, ShownFiles);
            if (evidence.Count == 0)
            {
                text = text[PassageCut.Of(text, null, room)].TrimEnd();
            }

            room -= TokenCounter.Count(text);
            if (room < 0)
            {
                break;
            }

            evidence.Add(Show(commit, text));
        }

        return evidence;
    }

    private IEnumerable<FoundCommit> Search(HistoryQuestion question, string? glob)
    {
        var limit = glob is null ? Candidates : CandidatesOfGlob;
        var found = question.Terms.Count > 0 ? index.Search(question.Terms, limit) : index.Newest(limit);
        if (glob is null)
        {
            return found;
        }

        var files = found
            .SelectMany(one => one.Commit.Files.Select(file => Path.Join(one.Root, file.Path)))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var chosen = PathGlob.Select(glob, files, file => file, paths).ToHashSet(StringComparer.Ordinal);
        return found.Where(one => one.Commit.Files.Any(file => chosen.Contains(Path.Join(one.Root, file.Path))));
    }

    private static Evidence Show(FoundCommit found, string text)
    {
        var name = CommitText.NameOf(found.Commit);
        return new Evidence
        {
            Citation = name,
            Path = name,
            Location = $"{CommitText.DateOf(found.Commit)}, {found.Commit.Author}",
            Context = found.Commit.Subject,
            StartLine = 1,
            EndLine = text.AsSpan().Count('\n') + 1,
            Score = found.Score,
            Text = text,
        };
    }
}
