using System.Text;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Ingestion.History;

/// <summary>
/// Which repositories may be read. The file <c>.git</c> of a tree can name any directory; messages of a repository
/// outside the allowed roots are shown only where that repository names the tree as one of its own worktrees.
/// </summary>
internal static class HistoryAccess
{
    private const int MaxBytes = 8 * 1024;

    /// <summary>Whether the objects of a repository may be read.</summary>
    public static bool MayRead(GitRepository repository, AllowedRoots roots)
    {
        var objects = Path.Join(repository.Common, "objects");
        return MayReadObjects(objects, roots) || (IsOwnWorktree(repository) && Resolve(objects) == objects);
    }

    /// <summary>Whether an object directory lies beneath the roots, links resolved.</summary>
    public static bool MayReadObjects(string objects, AllowedRoots roots) =>
        Resolve(objects) is { } resolved && roots.Contains(resolved);

    private static bool IsOwnWorktree(GitRepository repository)
    {
        var isLinked = Path.GetDirectoryName(repository.Directory) == Path.Join(repository.Common, "worktrees");
        return isLinked
            && RegularFile.TryRead(Path.Join(repository.Directory, "gitdir"), MaxBytes) is { } bytes
            && Resolve(Encoding.UTF8.GetString(bytes).Trim()) is { } named
            && named == Resolve(Path.Join(repository.Root, GitRepository.MarkName));
    }

    private static string? Resolve(string path)
    {
        try
        {
            return RealPath.Of(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
