namespace McpLongContext.Context.Ingestion.Git;

/// <summary>The commits that are reachable from one, newest first as <c>git log</c> shows them.</summary>
/// <param name="objects">Has the commits.</param>
/// <param name="parents">The parents of commits.</param>
internal sealed class GitWalk(GitObjects objects, GitParents parents)
{
    /// <summary>The number of commits that are missing or damaged; the walk goes on beside them.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Walks from a commit.</summary>
    /// <param name="head">The object name of the commit.</param>
    /// <param name="isEnd">Whether the walk neither yields a commit nor goes on to its parents.</param>
    public IEnumerable<GitCommit> From(string head, Func<string, bool> isEnd)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new PriorityQueue<GitCommit, (long Time, int Order)>();
        Add(head);
        while (waiting.TryDequeue(out var commit, out _))
        {
            yield return commit;
            foreach (var parent in parents.Of(commit))
            {
                Add(parent);
            }
        }

        void Add(string name)
        {
            if (isEnd(name) || !seen.Add(name))
            {
                return;
            }

            if (objects.Read(name, GitObjectType.Commit) is { } content && GitCommit.Parse(name, content) is { } commit)
            {
                waiting.Enqueue(commit, (-commit.Committed, seen.Count));
            }
            else
            {
                Unreadable++;
            }
        }
    }
}
