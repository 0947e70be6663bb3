using System.Text;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>The commit and branch that are checked out in a working tree.</summary>
/// <param name="Commit">The commit, in hexadecimal.</param>
/// <param name="Branch">The branch; <see langword="null"/> where none is checked out.</param>
internal sealed record GitHead(string Commit, string? Branch)
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int MaxSteps = 5;
    private const string Reference = "ref: ";
    private const string Branches = "refs/heads/";

    /// <summary>Reads <c>HEAD</c>; <see langword="null"/> before the first commit.</summary>
    public static GitHead? Read(GitRepository repository)
    {
        var value = Line(Path.Join(repository.Directory, "HEAD"));
        string? branch = null;
        for (var i = 0; i < MaxSteps && value?.StartsWith(Reference, StringComparison.Ordinal) == true; i++)
        {
            var name = value[Reference.Length..].Trim();
            if (!name.StartsWith("refs/", StringComparison.Ordinal) || name.Split('/').Contains(".."))
            {
                return null;
            }

            branch ??= name.StartsWith(Branches, StringComparison.Ordinal) ? name[Branches.Length..] : null;
            value =
                Line(Path.Join(repository.Directory, name))
                ?? Line(Path.Join(repository.Common, name))
                ?? Packed(repository.Common, name);
        }

        return value is { } commit && commit.Length == 2 * repository.HashBytes && commit.All(char.IsAsciiHexDigit)
            ? new GitHead(commit, branch)
            : null;
    }

    private static string? Packed(string common, string name) =>
        RegularFile.TryRead(Path.Join(common, "packed-refs"), MaxBytes) is { } bytes
            ? Encoding
                .UTF8.GetString(bytes)
                .Split('\n')
                .Select(line => line.TrimEnd('\r').Split(' ', 2))
                .FirstOrDefault(parts => parts.Length == 2 && parts[1] == name)
                ?[0]
            : null;

    private static string? Line(string path) =>
        RegularFile.TryRead(path, 1024) is { Length: > 0 } bytes
            ? Encoding.UTF8.GetString(bytes).Split('\n')[0].TrimEnd('\r')
            : null;
}
