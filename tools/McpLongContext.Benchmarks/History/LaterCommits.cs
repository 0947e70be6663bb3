using System.Diagnostics;
using System.Text.RegularExpressions;

namespace McpLongContext.Benchmarks.History;

/// <summary>
/// A repository as it was before its newest commits, and those as questions: the subject of a commit is asked, and the
/// files that it touched and that there were before are its gold.
/// </summary>
/// <param name="Base">The commit before them.</param>
/// <param name="Questions">Subjects with the paths of their files.</param>
internal sealed partial record LaterCommits(
    string Base,
    IReadOnlyList<(string Subject, IReadOnlySet<string> Files)> Questions
)
{
    private const int MaxFiles = 5;
    private const int MinWords = 3;
    private const char Field = '\u0002';
    private const char Record = '\u0001';

    /// <summary>Reads the newest commits of a repository that are no merges and touched few files.</summary>
    public static LaterCommits Of(string repository, int count)
    {
        var log = Git(
            repository,
            "log",
            "-z",
            "--first-parent",
            "--no-merges",
            "--no-renames",
            "--name-status",
            $"--format=format:{Record}%H{Field}%s{Field}"
        );
        var questions = new List<(string, IReadOnlySet<string>)>();
        var last = "HEAD";
        foreach (var record in log.Split(Record, StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = record.Split(Field);
            var subject = References().Replace(fields[1], "").Trim();
            var parts = fields[2].Split('\0').Select(part => part.Trim('\n')).Where(part => part.Length > 0).Chunk(2);
            var files = parts.Where(pair => pair[0] != "A").Select(pair => pair[1]).ToHashSet(StringComparer.Ordinal);
            if (files.Count is > 0 and <= MaxFiles && subject.Split(' ').Length >= MinWords)
            {
                questions.Add((subject, files));
                last = fields[0];
            }

            if (questions.Count == count)
            {
                break;
            }
        }

        return new LaterCommits(Git(repository, "rev-parse", $"{last}~1").Trim(), questions);
    }

    /// <summary>Runs Git in a folder.</summary>
    public static string Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-C", folder, "-c", "core.quotePath=off", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    /// <summary>The number of a pull request or issue says nothing of a file.</summary>
    [GeneratedRegex(@"\(?#\d+\)?|\bGH-\d+\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex References();
}
