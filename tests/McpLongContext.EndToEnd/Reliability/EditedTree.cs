using System.Diagnostics;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A Git working tree that is edited as people and their tools do it. Every text that is written has a word of its own.
/// </summary>
internal sealed class EditedTree : IDisposable
{
    private const int Files = 120;

    /// <summary>A question for what all files have is answered with 200 passages at most; of more it would choose.</summary>
    private const int MostFiles = 160;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edited-");
    private readonly Random _random;
    private readonly List<string> _words = [];
    private int _number;

    public EditedTree(int seed)
    {
        _random = new Random(seed);
        for (var i = 0; i < Files; i++)
        {
            Write(NewPath());
        }

        Git("init", "-q", "-b", "main");
        Commit();
        Git("branch", "topic");
    }

    public string Root => _folder.FullName;

    /// <summary>Some of the words that are or were in a file: the latest, and any.</summary>
    public IEnumerable<string> SampleWords(int count) =>
        _words
            .TakeLast(count / 2)
            .Concat(Enumerable.Range(0, count / 2).Select(_ => _words[_random.Next(_words.Count)]));

    /// <summary>Makes a change.</summary>
    public void Edit()
    {
        switch (_random.Next(24))
        {
            case < 10:
                Write(AnyFile());
                break;
            case < 13 when TextFiles().Length < MostFiles:
                Write(NewPath());
                break;
            case < 15:
                File.Delete(AnyFile());
                break;
            case < 17:
                File.Move(AnyFile(), Ready(NewPath()), overwrite: true);
                break;
            case 17:
                Replace(AnyFile());
                break;
            case 18:
                MoveFolder();
                break;
            case 19:
                File.SetLastWriteTimeUtc(AnyFile(), DateTime.UtcNow.AddSeconds(-_random.Next(1000)));
                break;
            case 20:
                File.WriteAllText(Path.Combine(Root, ".gitignore"), $"*{_random.Next(10)}.txt\n");
                break;
            case 21:
                File.Delete(Path.Combine(Root, ".gitignore"));
                break;
            case 22:
                File.WriteAllText(AnyFile(), "");
                break;
            default:
                Commit();
                Git("checkout", "-qf", _random.Next(2) == 0 ? "main" : "topic");
                break;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Commit()
    {
        Git("add", "-A");
        Git("commit", "-qm", "edit", "--allow-empty");
    }

    private void Write(string path)
    {
        var word = $"mark{_number++}x{_random.Next(1000)}";
        _words.Add(word);
        File.WriteAllText(Ready(path), $"The {word} stands here.\nA line about weather follows it.\n");
    }

    /// <summary>As editors save: a new file takes the place of the old one, of the same size and time.</summary>
    private void Replace(string path)
    {
        var time = File.GetLastWriteTimeUtc(path);
        Write(path + "~");
        File.SetLastWriteTimeUtc(path + "~", time);
        File.Move(path + "~", path, overwrite: true);
    }

    private void MoveFolder()
    {
        var folder = Path.GetDirectoryName(AnyFile())!;
        if (folder != Root)
        {
            Directory.Move(folder, Path.Combine(Root, $"moved{_number++}"));
        }
    }

    private string NewPath() => Path.Combine(Root, $"d{_random.Next(12)}", $"f{_number++}.txt");

    private string AnyFile()
    {
        var files = TextFiles();
        if (files.Length == 0)
        {
            Write(NewPath());
            return AnyFile();
        }

        return files.Order(StringComparer.Ordinal).ElementAt(_random.Next(files.Length));
    }

    private string[] TextFiles() => Directory.GetFiles(Root, "*.txt", SearchOption.AllDirectories);

    private static string Ready(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private void Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-c", "user.name=Test", "-c", "user.email=test@localhost", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}
