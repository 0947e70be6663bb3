using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.History;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.History;

/// <summary>The history of a tree in lines that compare: as our reader has it, and as <c>git log</c> prints it.</summary>
internal static class GitLog
{
    private const char Field = '\u0002';
    private const char Record = '\u0001';

    /// <summary>The newest commits as our reader has them.</summary>
    public static List<string> Read(string tree, int most = int.MaxValue, string path = "")
    {
        var repository = GitRepository.Open(tree, GitUserFiles.None);
        using var reader = new HistoryReader(repository, path, _ => true);
        if (GitHead.Read(repository) is not { } head)
        {
            return [];
        }

        return
        [
            .. reader
                .Walk.From(head.Commit, static _ => false)
                .Take(most)
                .Select(reader.Read)
                .OfType<Storage.Commits.Commit>()
                .Select(commit =>
                    $"{commit.Hash} {commit.Author} {commit.Date:yyyy-MM-ddTHH:mm:sszzz} {commit.Subject}: "
                    + string.Join(", ", commit.Files.Select(file => $"{file.Status} {file.Path}").Order())
                ),
        ];
    }

    /// <summary>The same of the output of Git.</summary>
    public static List<string> Print(Func<string[], string> git, int most = int.MaxValue, string? path = null)
    {
        var output = git([
            "log",
            "-z",
            "--no-renames",
            "--name-status",
            "--diff-merges=off",
            $"--max-count={most}",
            $"--format=format:{Record}%H{Field}%an{Field}%ad{Field}%s{Field}",
            "--date=format:%Y-%m-%dT%H:%M:%S%z",
            .. path is null ? Array.Empty<string>() : ["--", path],
        ]);
        return [.. output.Split(Record, StringSplitOptions.RemoveEmptyEntries).Select(Line)];
    }

    private static string Line(string record)
    {
        var fields = record.Split(Field);
        var files = fields[4]
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Trim('\n'))
            .Where(part => part.Length > 0)
            .Chunk(2)
            .Select(pair => $"{pair[0]} {pair[1]}")
            .Take(HistoryReader.MaxFiles)
            .Order();
        return $"{fields[0]} {fields[1]} {fields[2].Insert(fields[2].Length - 2, ":")} {fields[3]}: {string.Join(", ", files)}";
    }
}
