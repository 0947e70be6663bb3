using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Decoding;
using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// The subject of a commit, and of each file that it changed the passage with most of the new lines. Read from the Git
/// repository of a working tree; commits of many files, and subjects that say nothing of the change, are left out.
/// </summary>
internal sealed partial class CommitPairs
{
    public const string Name = "commits";

    private const int MostCommits = 4_000;
    private const int MostFiles = 4;
    private const int LeastWords = 4;
    private const int LeastLines = 2;
    private const int LeastLine = 8;

    private readonly GitObjects _objects;
    private readonly GitParents _parents;
    private readonly int _hashBytes;

    private CommitPairs(GitObjects objects, GitParents parents, int hashBytes) =>
        (_objects, _parents, _hashBytes) = (objects, parents, hashBytes);

    /// <summary>The pairs of a repository, those of newer commits first; none where there is no repository.</summary>
    /// <param name="root">The root of a working tree.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static IReadOnlyList<TextPair> Read(string root, CancellationToken cancellation)
    {
        if (!GitRepository.IsRoot(root))
        {
            return [];
        }

        var repository = GitRepository.Open(root, GitUserFiles.None);
        if (GitHead.Read(repository) is not { } head)
        {
            return [];
        }

        using var objects = new GitObjects(Path.Join(repository.Common, "objects"), repository.HashBytes);
        var parents = GitParents.Read(repository);
        var pairs = new CommitPairs(objects, parents, repository.HashBytes);
        var result = new List<TextPair>();
        foreach (var commit in new GitWalk(objects, parents).From(head.Commit, _ => false).Take(MostCommits))
        {
            cancellation.ThrowIfCancellationRequested();
            result.AddRange(pairs.Of(commit));
        }

        return result;
    }

    private IEnumerable<TextPair> Of(GitCommit commit)
    {
        if (
            _parents.Of(commit) is not [var parent]
            || SubjectOf(commit.Message) is not { } subject
            || _objects.TreeOf(parent) is not { } before
        )
        {
            return [];
        }

        var comparison = new GitTreeComparison(_objects, _hashBytes, path: "", MostFiles);
        return comparison.Compare(before, commit.Tree) is { } files && comparison.Count <= MostFiles
            ? files
                .Where(file => file.Status is 'M' or 'A')
                .Select(file => PairOf(subject, file.Path, before, commit.Tree))
                .OfType<TextPair>()
            : [];
    }

    private TextPair? PairOf(string subject, string path, string before, string after)
    {
        if (TextAt(after, path) is not { } text || DocumentKindRecognizer.Recognize(path, text) != DocumentKind.Code)
        {
            return null;
        }

        var known = (TextAt(before, path) ?? "").Split('\n').Select(line => line.Trim()).ToHashSet();
        var document = SourceText.Of(path, DocumentKind.Code, text);
        var (passage, added) = document
            .Passages.Select(passage => (passage, Added: passage.Text.Split('\n').Count(line => IsNew(line.Trim()))))
            .MaxBy(one => one.Added);
        return added >= LeastLines
            ? new TextPair(
                Name,
                subject,
                EncoderText.Header(path, passage.Context),
                EncoderText.Body(passage.Text, document.Kind),
                document.PlaceOf(0)
            )
            : null;

        bool IsNew(string line) => line.Length >= LeastLine && !known.Contains(line);
    }

    /// <summary>The subject without the number of an issue; null where it says nothing of the code.</summary>
    private static string? SubjectOf(string message)
    {
        var subject = Number().Replace(message.Split('\n')[0], "").Trim();
        return subject.Split(' ').Length >= LeastWords && !Chore().IsMatch(subject) ? subject : null;
    }

    private string? TextAt(string tree, string path) =>
        BlobAt(tree, path) is { } blob
        && _objects.Read(blob, GitObjectType.Blob) is { } bytes
        && TextDecoder.TryDecode(bytes, out var text, out _, out _)
            ? text
            : null;

    private string? BlobAt(string tree, string path)
    {
        var current = tree;
        foreach (var name in path.Split('/'))
        {
            if (
                _objects.Read(current, GitObjectType.Tree) is not { } content
                || EntryOf(content, name) is not { } entry
            )
            {
                return null;
            }

            current = entry;
        }

        return current;
    }

    private string? EntryOf(ReadOnlySpan<byte> tree, string name)
    {
        while (GitTreeEntry.TryTake(ref tree, _hashBytes, out var entry))
        {
            if (entry.NameText == name)
            {
                return entry.IdText;
            }
        }

        return null;
    }

    [GeneratedRegex(@"\s*\(?#\d+\)?", RegexOptions.None, matchTimeoutMilliseconds: -1)]
    private static partial Regex Number();

    [GeneratedRegex(
        @"^(?:merge|revert|bump|release|update (?:version|changelog|copyright|dependenc|readme)|(?:chore|build|ci|style)\b|\[?(?:maven|skip|wip)\b|v?\d+\.\d+)",
        RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Chore();
}
