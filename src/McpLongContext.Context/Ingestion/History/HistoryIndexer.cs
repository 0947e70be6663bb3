using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Ingestion.History;

/// <summary>
/// Keeps the commits of sources in Git trees: those that are new are added, newest first and in batches, those that
/// are no longer reachable are removed.
/// </summary>
internal sealed class HistoryIndexer(DocumentPaths paths, TimeProvider time)
{
    private const int BatchCommits = 512;

    /// <summary>Brings the commits of a source up to date with its tree.</summary>
    /// <param name="datastore">Has the source.</param>
    /// <param name="source">The path of the source, links resolved.</param>
    /// <param name="roots">The tree and its repository must lie beneath them.</param>
    /// <param name="bounds">How much is read.</param>
    /// <param name="cancellation">Ends the reading; what is stored stays.</param>
    /// <returns>Notes for the user, a sentence each.</returns>
    public IReadOnlyList<string> Update(
        Datastore datastore,
        string source,
        AllowedRoots roots,
        HistoryBounds bounds,
        CancellationToken cancellation
    )
    {
        var stored = StoredOf(datastore, source);
        if (GitRepository.RootOf(source, roots) is not { } root)
        {
            return Forget(datastore, stored);
        }

        var repository = GitRepository.Open(root, GitUserFiles.None);
        if (!HistoryAccess.MayRead(repository, roots))
        {
            Forget(datastore, stored);
            return [$"The history of {paths.Show(root)} was not read: its repository lies outside the allowed roots."];
        }

        if (GitHead.Read(repository) is not { } head)
        {
            return Forget(datastore, stored);
        }

        if (stored is { IsComplete: true } && stored.Root == root && stored.Head == head.Commit)
        {
            return [];
        }

        using var reader = new HistoryReader(
            repository,
            Path.GetRelativePath(root, source) is var beneath and not "." ? beneath.Replace('\\', '/') : "",
            alternate => HistoryAccess.MayReadObjects(alternate, roots)
        );
        var update = new HistoryUpdate(datastore, reader, new CommitSource(source, root, head.Commit, true), time);
        return [.. update.Run(stored, bounds, BatchCommits, cancellation).Select(Note)];

        string Note(string finding) => $"The history of {paths.Show(root)}: {finding}.";
    }

    private static CommitSource? StoredOf(Datastore datastore, string source)
    {
        using var snapshot = datastore.Snapshot();
        return snapshot.Commits.Sources().FirstOrDefault(known => known.Path == source);
    }

    private static IReadOnlyList<string> Forget(Datastore datastore, CommitSource? stored)
    {
        if (stored is not null)
        {
            datastore.RemoveCommits([stored.Path]);
        }

        return [];
    }
}
