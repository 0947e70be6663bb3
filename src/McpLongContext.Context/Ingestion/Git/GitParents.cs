using System.Text;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>
/// The parents of commits as this repository has them: a shallow clone ends at some commits, and grafts give others
/// new parents.
/// </summary>
internal sealed class GitParents
{
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly HashSet<string> _shallow;
    private readonly Dictionary<string, string[]> _grafts;

    private GitParents(HashSet<string> shallow, Dictionary<string, string[]> grafts) =>
        (_shallow, _grafts) = (shallow, grafts);

    /// <summary>Reads what a repository says of them.</summary>
    public static GitParents Read(GitRepository repository)
    {
        var digits = 2 * repository.HashBytes;
        var shallow = Lines(Path.Join(repository.Common, "shallow")).Select(line => line[0]).Where(IsName);
        var grafts = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var line in Lines(Path.Join(repository.Common, "info", "grafts")).Where(line => line.All(IsName)))
        {
            grafts[line[0]] = line[1..];
        }

        return new GitParents(shallow.ToHashSet(StringComparer.Ordinal), grafts);

        bool IsName(string word) => word.Length == digits && word.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>Whether the parents of a commit were left out of this clone.</summary>
    public bool AreLeftOut(string commit) => _shallow.Contains(commit);

    /// <summary>The parents of a commit that may be read.</summary>
    public IReadOnlyList<string> Of(GitCommit commit) =>
        AreLeftOut(commit.Hash) ? [] : _grafts.GetValueOrDefault(commit.Hash) ?? commit.Parents;

    private static IEnumerable<string[]> Lines(string path) =>
        (RegularFile.TryRead(path, MaxBytes) is { } bytes ? Encoding.ASCII.GetString(bytes) : "")
            .Split('\n')
            .Select(line => line.Split((char[])[' ', '\r'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > 0 && words[0][0] != '#');
}
