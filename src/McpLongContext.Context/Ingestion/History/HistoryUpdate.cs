using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Storage;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Ingestion.History;

/// <summary>One update of the commits of a source.</summary>
/// <param name="datastore">Receives the commits.</param>
/// <param name="reader">Reads them.</param>
/// <param name="target">The source as it is when everything is read.</param>
/// <param name="time">Measures the reading.</param>
internal sealed class HistoryUpdate(Datastore datastore, HistoryReader reader, CommitSource target, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly List<Commit> _batch = [];
    private CommitSource _interim = target with { Head = "", IsComplete = false };
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private HistoryBounds _bounds;
    private int _batchCommits;
    private int _added;

    /// <summary>Reads what is not stored, and removes what is no longer reachable.</summary>
    /// <param name="stored">The source as it is stored; <see langword="null"/>: it is not.</param>
    /// <param name="bounds">How much is read.</param>
    /// <param name="batchCommits">Commits that are stored at once.</param>
    /// <param name="cancellation">Ends the reading; what is stored stays.</param>
    /// <returns>The bounds that the reading met, a finding each.</returns>
    public IEnumerable<string> Run(
        CommitSource? stored,
        HistoryBounds bounds,
        int batchCommits,
        CancellationToken cancellation
    )
    {
        (_bounds, _batchCommits) = (bounds, batchCommits);
        if (stored is not null && stored.Root == target.Root)
        {
            _interim = stored with { IsComplete = false };
            using var snapshot = datastore.Snapshot();
            _known.UnionWith(snapshot.Commits.Hashes(target.Path));
        }
        else if (stored is not null)
        {
            datastore.RemoveCommits([stored.Path]);
        }

        return stored is { IsComplete: true } && _known.Count > 0 && TryAdvance(stored, cancellation)
            ? Findings(isWhole: true, isTimely: true)
            : ReadAll(cancellation);
    }

    /// <summary>Where the stored head is an ancestor of the present one, only the commits in between are read.</summary>
    private bool TryAdvance(CommitSource stored, CancellationToken cancellation)
    {
        var isAncestor = false;
        var visited = 0;
        var walk = reader.Walk.From(target.Head, IsEnd);
        foreach (var commit in walk)
        {
            cancellation.ThrowIfCancellationRequested();
            if (++visited > _bounds.Commits || IsOver())
            {
                return false;
            }

            Add(commit);
        }

        if (isAncestor)
        {
            Store(target, []);
        }

        return isAncestor;

        bool IsEnd(string name)
        {
            isAncestor |= name == stored.Head;
            return name == stored.Head || _known.Contains(name);
        }
    }

    private IEnumerable<string> ReadAll(CancellationToken cancellation)
    {
        var (visited, isWhole, isTimely) = (0, true, true);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var commit in reader.Walk.From(target.Head, static _ => false))
        {
            cancellation.ThrowIfCancellationRequested();
            isTimely = !IsOver();
            isWhole = visited++ < _bounds.Commits;
            if (!isTimely || !isWhole)
            {
                break;
            }

            reached.Add(commit.Hash);
            if (!_known.Contains(commit.Hash))
            {
                Add(commit);
            }
        }

        // What was not reached in time may still be reachable.
        Store(
            target with
            {
                IsComplete = isTimely,
            },
            isTimely ? [.. _known.Where(hash => !reached.Contains(hash))] : []
        );
        return Findings(isWhole, isTimely);
    }

    private bool IsOver() => time.GetElapsedTime(_start) > _bounds.Time;

    private void Add(GitCommit commit)
    {
        if (reader.Read(commit) is { } read)
        {
            _batch.Add(read);
            _known.Add(read.Hash);
            _added++;
        }

        if (_batch.Count >= _batchCommits)
        {
            Store(_interim, []);
        }
    }

    private void Store(CommitSource source, IReadOnlyList<string> remove)
    {
        datastore.ApplyCommits(new CommitChange(source) { Add = [.. _batch], Remove = remove });
        _batch.Clear();
    }

    private IEnumerable<string> Findings(bool isWhole, bool isTimely)
    {
        if (!isTimely)
        {
            yield return $"{_added:N0} commits were read in {_bounds.Time.TotalSeconds:0} s; ingest again to read on";
        }
        else if (!isWhole)
        {
            yield return $"only its newest {_bounds.Commits:N0} commits were read";
        }

        if (reader.Walk.Unreadable is > 0 and var unreadable)
        {
            yield return $"{unreadable:N0} commits are missing or damaged";
        }

        if (reader.Screened is > 0 and var screened)
        {
            yield return $"{screened:N0} commits were left out, whose messages hold a private key or no text";
        }
    }
}
