using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Ingestion.History;

/// <summary>Reads the commits of a working tree that touched what lies beneath a path. For one thread at a time.</summary>
internal sealed class HistoryReader : IDisposable
{
    /// <summary>The most files of a commit that are listed; the others are counted.</summary>
    public const int MaxFiles = 200;

    private const int MaxSubject = 500;
    private const int MaxBody = 16 * 1024;
    private const string Name = "commit";

    private readonly GitObjects _objects;
    private readonly GitParents _parents;
    private readonly GitTreeComparison _comparison;
    private readonly bool _isWholeTree;

    /// <summary>Opens the history of a tree.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="path">The path beneath its root, with slashes; empty for everything.</param>
    /// <param name="mayReadAlternate">Whether another object directory may be read.</param>
    public HistoryReader(GitRepository repository, string path, Func<string, bool> mayReadAlternate)
    {
        _objects = new GitObjects(Path.Join(repository.Common, "objects"), repository.HashBytes, mayReadAlternate);
        _parents = GitParents.Read(repository);
        _comparison = new GitTreeComparison(_objects, repository.HashBytes, path, MaxFiles);
        _isWholeTree = path.Length == 0;
        Walk = new GitWalk(_objects, _parents);
    }

    /// <summary>Walks through the commits.</summary>
    public GitWalk Walk { get; }

    /// <summary>The number of commits that were left out because their messages hold what no file may.</summary>
    public int Screened { get; private set; }

    /// <summary>
    /// A commit with the files that it touched: those in which it differs from its first parent, of a merge none.
    /// </summary>
    /// <returns><see langword="null"/>: the commit touched nothing beneath the path, or is left out.</returns>
    public Commit? Read(GitCommit commit)
    {
        var parents = _parents.Of(commit);
        var isMerge = parents.Count > 1;
        var files = isMerge || _parents.AreLeftOut(commit.Hash) ? null : FilesOf(commit, parents);
        if (!_isWholeTree && files is not { Count: > 0 })
        {
            return null;
        }

        if (ContentScreen.Judge(commit.Message, DocumentKind.Prose, Name, Wanted.AsFound) is not null)
        {
            Screened++;
            return null;
        }

        var (subject, body) = Split(commit.Message);
        return new Commit
        {
            Hash = commit.Hash,
            Date = commit.Date,
            Committed = commit.Committed,
            Author = commit.Author,
            Subject = subject,
            Body = body,
            Files = files ?? [],
            FileCount = files is null ? 0 : _comparison.Count,
        };
    }

    public void Dispose() => _objects.Dispose();

    private IReadOnlyList<CommitFile>? FilesOf(GitCommit commit, IReadOnlyList<string> parents)
    {
        if (parents.Count == 0)
        {
            return _comparison.Compare(null, commit.Tree);
        }

        return _objects.TreeOf(parents[0]) is { } before ? _comparison.Compare(before, commit.Tree) : null;
    }

    /// <summary>The first paragraph in one line, and the rest.</summary>
    private static (string Subject, string Body) Split(string message)
    {
        var end = message.IndexOf("\n\n", StringComparison.Ordinal);
        var subject = (end < 0 ? message : message[..end]).Replace('\n', ' ').Trim();
        var body = end < 0 ? "" : message[end..].Trim();
        return (Cut(subject, MaxSubject), Cut(body, MaxBody));
    }

    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
        return text[..end] + "…";
    }
}
