using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace McpLongContext.Context.Tests.Ingestion.History;

/// <summary>A folder in which Git itself makes the repositories of a test.</summary>
internal sealed class GitSandbox : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("git-history-");
    private int _minutes;

    public string Folder => _folder.FullName;

    /// <summary>The working tree.</summary>
    public string Tree => PathOf("tree");

    public string PathOf(string relative) => Path.Combine(Folder, relative);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Makes an empty repository.</summary>
    public void Init(params string[] options)
    {
        Directory.CreateDirectory(Tree);
        Git(["init", "-q", "-b", "main", .. options]);
        Git("config", "commit.gpgsign", "false");
    }

    /// <summary>Writes a file of the tree.</summary>
    public void Write(string relative, string content)
    {
        var path = Path.Combine(Tree, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    /// <summary>Commits everything in the tree, a minute after the commit before.</summary>
    /// <returns>The hash.</returns>
    public string Commit(string message, params string[] options)
    {
        Git("add", "-A");
        Git(["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message, .. options]);
        return Head();
    }

    public string Head() => Git("rev-parse", "HEAD").Trim();

    public string Git(params string[] arguments) => GitIn(Tree, arguments);

    public string GitIn(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        string[] settings =
        [
            "-c",
            "user.name=Ada Byron",
            "-c",
            "user.email=ada@localhost",
            "-c",
            "core.quotePath=off",
            "-c",
            "protocol.file.allow=always",
        ];
        foreach (var argument in settings.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        var date = new DateTimeOffset(2024, 1, 31, 9, 0, 0, TimeSpan.FromHours(2)).AddMinutes(_minutes++);
        start.Environment["GIT_AUTHOR_DATE"] = start.Environment["GIT_COMMITTER_DATE"] = date.ToString(
            "yyyy-MM-ddTHH:mm:sszzz",
            CultureInfo.InvariantCulture
        );
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {error.Result}");
    }
}
