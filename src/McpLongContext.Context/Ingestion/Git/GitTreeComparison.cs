using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>
/// The files in which two trees differ, as <c>git diff-tree -r --no-renames --name-status</c> lists them. Only what
/// lies at or beneath one path is compared.
/// </summary>
/// <param name="objects">Has the trees.</param>
/// <param name="hashBytes">The length of an object name.</param>
/// <param name="path">The path, with slashes; empty for everything.</param>
/// <param name="maxFiles">The most files to list; the others are counted.</param>
internal sealed class GitTreeComparison(GitObjects objects, int hashBytes, string path, int maxFiles)
{
    private const int MaxDepth = 256;

    /// <summary>Trees that are read for one comparison: an import of a large tree ends early.</summary>
    private const int MaxTrees = 20_000;

    private const long MaxBytes = 128 * 1024 * 1024;
    private const int MaxPath = 4096;

    private readonly List<CommitFile> _files = [];
    private int _trees;
    private long _bytes;

    /// <summary>The number of files that differ; at least so many where the trees are very large.</summary>
    public int Count { get; private set; }

    /// <summary>Compares two trees.</summary>
    /// <param name="before">The object name of the first; <see langword="null"/>: an empty tree.</param>
    /// <param name="after">The object name of the second.</param>
    /// <returns>The files; <see langword="null"/> where a tree is missing or damaged.</returns>
    public IReadOnlyList<CommitFile>? Compare(string? before, string after)
    {
        _files.Clear();
        (Count, _trees, _bytes) = (0, 0, 0);
        try
        {
            return TryCompare(before, after, "", MaxDepth) ? [.. _files] : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private bool TryCompare(string? before, string? after, string folder, int depth)
    {
        if (before == after)
        {
            return true;
        }

        if (depth == 0 || !TryRead(before, out var old) || !TryRead(after, out var now))
        {
            return false;
        }

        var hasOld = GitTreeEntry.TryTake(ref old, hashBytes, out var first);
        var hasNow = GitTreeEntry.TryTake(ref now, hashBytes, out var second);
        while ((hasOld || hasNow) && _trees < MaxTrees && _bytes < MaxBytes)
        {
            var order =
                !hasOld ? 1
                : !hasNow ? -1
                : first.OrderTo(second);
            var isWhole =
                order < 0 ? TryAdd('D', first, folder, depth)
                : order > 0 ? TryAdd('A', second, folder, depth)
                : TryCompare(first, second, folder, depth);
            if (!isWhole)
            {
                return false;
            }

            hasOld = order <= 0 ? GitTreeEntry.TryTake(ref old, hashBytes, out first) : hasOld;
            hasNow = order >= 0 ? GitTreeEntry.TryTake(ref now, hashBytes, out second) : hasNow;
        }

        return true;
    }

    private bool TryCompare(GitTreeEntry before, GitTreeEntry after, string folder, int depth)
    {
        var isSame = before.Mode == after.Mode && before.Id.SequenceEqual(after.Id);
        if (isSame || !IsWanted(folder, after))
        {
            return true;
        }

        if (after.IsFolder)
        {
            return TryCompare(before.IdText, after.IdText, $"{folder}{after.NameText}/", depth - 1);
        }

        Add(before.IsOfTypeOf(after) ? 'M' : 'T', folder + after.NameText);
        return true;
    }

    private bool TryAdd(char status, GitTreeEntry entry, string folder, int depth)
    {
        if (!IsWanted(folder, entry))
        {
            return true;
        }

        if (entry.IsFolder)
        {
            var tree = entry.IdText;
            var beneath = $"{folder}{entry.NameText}/";
            return status == 'D'
                ? TryCompare(tree, null, beneath, depth - 1)
                : TryCompare(null, tree, beneath, depth - 1);
        }

        Add(status, folder + entry.NameText);
        return true;
    }

    /// <summary>Whether an entry is the path, lies beneath it, or leads to it.</summary>
    private bool IsWanted(string folder, GitTreeEntry entry)
    {
        if (path.Length == 0 || folder.Length > path.Length)
        {
            return true;
        }

        var name = folder + entry.NameText;
        return name == path || (entry.IsFolder && path.StartsWith(name + '/', StringComparison.Ordinal));
    }

    private void Add(char status, string file)
    {
        Count++;
        if (_files.Count < maxFiles && file.Length <= MaxPath)
        {
            _files.Add(new CommitFile(status, file));
        }
    }

    private bool TryRead(string? tree, out ReadOnlySpan<byte> content)
    {
        if (tree is null)
        {
            content = default;
            return true;
        }

        _trees++;
        var found = objects.Read(tree, GitObjectType.Tree);
        content = found;
        _bytes += found?.Length ?? 0;
        return found is not null;
    }
}
