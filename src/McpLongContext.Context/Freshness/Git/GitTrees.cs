using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>The Git working trees that sources lie in. Thread-safe.</summary>
internal sealed class GitTrees(AllowedRoots roots, DocumentPaths paths)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GitStatus> _known = new(StringComparer.Ordinal);

    /// <summary>The state of each tree, once.</summary>
    /// <param name="sources">The paths of the sources, each with the stamps of its files.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    public IReadOnlyList<GitState> Read(
        IReadOnlyList<(string Path, IReadOnlyDictionary<string, FileStamp> Files)> sources,
        CancellationToken cancellation
    )
    {
        lock (_gate)
        {
            return
            [
                .. sources
                    .GroupBy(source => GitRepository.RootOf(source.Path, roots), StringComparer.Ordinal)
                    .Where(tree => tree.Key is not null)
                    .Select(tree => Read(tree.Key!, [.. tree.Select(source => source.Files)], cancellation))
                    .OfType<GitState>(),
            ];
        }
    }

    private GitState? Read(
        string root,
        IReadOnlyList<IReadOnlyDictionary<string, FileStamp>> files,
        CancellationToken cancellation
    )
    {
        var repository = GitRepository.Open(root, GitUserFiles.None);
        if (GitHead.Read(repository) is not { } head)
        {
            return null;
        }

        if (!_known.TryGetValue(root, out var status))
        {
            _known.Add(root, status = new GitStatus(repository, roots));
        }

        return new GitState(paths.Show(root), head.Commit, head.Branch, IsDirty());

        bool? IsDirty()
        {
            try
            {
                return status.IsDirty(head.Commit, files, cancellation);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A file vanished or is closed to this process; the answer does not depend on it.
                return null;
            }
        }
    }
}
