using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// The system calls of the program, by strace: recorded as operations on files, or made to fail. What the program maps
/// into its memory does not show; of the datastores that is the log's index, which every first opening makes anew.
/// </summary>
internal static partial class SystemCalls
{
    private const string Strace = "/usr/bin/strace";

    private const string Recorded =
        "trace=openat,lseek,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,"
        + "mkdirat,rmdir,link,linkat,writev,pwritev,fallocate,copy_file_range,sendfile";

    /// <summary>Skips a test where there is no strace.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists(Strace), $"There is no {Strace}.");

    /// <summary>Runs a command with one kind of system call failing.</summary>
    /// <param name="home">The server's data.</param>
    /// <param name="directory">The working directory.</param>
    /// <param name="injection">What fails, as strace's <c>-e inject=</c> takes it.</param>
    /// <param name="paths">The files whose calls fail; all when there are none.</param>
    /// <param name="command">The command line.</param>
    public static Task<ProgramRun> FailAsync(
        ServerHome home,
        string directory,
        string injection,
        string[] paths,
        params string[] command
    ) =>
        RunAsync(
            home,
            directory,
            ["-o", "/dev/null", "-e", $"inject={injection}", .. paths.SelectMany(path => new[] { "-P", path })],
            command
        );

    /// <summary>Runs a command and records what it does to the files of its home.</summary>
    public static async Task<List<DiskOperation>> RecordAsync(
        ServerHome home,
        string directory,
        params string[] command
    )
    {
        var trace = Path.Combine(Path.GetTempPath(), $"trace-{Guid.NewGuid():n}");
        try
        {
            (
                await RunAsync(home, directory, ["-y", "-xx", "-s", "4194304", "-o", trace, "-e", Recorded], command)
            ).Expect(0);
            return [.. Parse(File.ReadLines(trace, Encoding.Latin1), home.Folder)];
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static Task<ProgramRun> RunAsync(
        ServerHome home,
        string directory,
        IEnumerable<string> options,
        string[] command
    ) =>
        ProgramRun.OfAsync(
            Strace,
            [
                "-f",
                "--seccomp-bpf",
                "-qq",
                .. options,
                "-E",
                "MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER=false",
                .. home.ServerCommand,
                .. command,
            ],
            directory
        );

    private static IEnumerable<DiskOperation> Parse(IEnumerable<string> lines, string folder)
    {
        var unfinished = new Dictionary<string, string>(StringComparer.Ordinal);
        var positions = new Dictionary<int, long>();
        foreach (var line in lines)
        {
            var call = line;
            var process = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[process] = line[..^"<unfinished ...>".Length];
                continue;
            }

            if (Resumed().Match(line) is { Success: true } resumed)
            {
                call = unfinished[process] + line[resumed.Length..];
            }

            if (
                Call().Match(call) is { Success: true } match
                && long.Parse(match.Groups["result"].Value, CultureInfo.InvariantCulture) is >= 0 and var result
                && OperationOf(match.Groups["name"].Value, match.Groups["arguments"].Value, result, positions)
                    is { } found
                && found.Path.StartsWith(folder, StringComparison.Ordinal)
                && !found.Path.EndsWith("-shm", StringComparison.Ordinal)
            )
            {
                yield return found;
            }
        }
    }

    private static DiskOperation? OperationOf(
        string name,
        string arguments,
        long result,
        Dictionary<int, long> positions
    )
    {
        var texts = Quoted().Matches(arguments).Select(match => Bytes(match.Groups[1].Value)).ToArray();
        var file = Descriptor().Match(arguments);
        var descriptor = file.Success ? int.Parse(file.Groups[1].Value, CultureInfo.InvariantCulture) : -1;
        var path = file.Success ? Text(Bytes(file.Groups[2].Value)) : "";
        var numbers = arguments.Split(", ");
        switch (name)
        {
            case "openat":
                positions[(int)result] = 0;
                return arguments.Contains("O_TRUNC", StringComparison.Ordinal) ? new Resized(Text(texts[0]), 0)
                    : arguments.Contains("O_CREAT", StringComparison.Ordinal) ? new Created(Text(texts[0]))
                    : null;
            case "lseek":
                positions[descriptor] = result;
                return null;
            case "write" when descriptor >= 0:
                var at = positions.GetValueOrDefault(descriptor);
                positions[descriptor] = at + result;
                return new Written(path, at, texts[0][..(int)result]);
            case "pwrite64":
                return new Written(
                    path,
                    long.Parse(numbers[^1], CultureInfo.InvariantCulture),
                    texts[0][..(int)result]
                );
            case "ftruncate":
                return new Resized(path, long.Parse(numbers[^1], CultureInfo.InvariantCulture));
            case "fsync" or "fdatasync":
                return new Flushed(path);
            case "mkdir" or "mkdirat":
                return new FolderCreated(Text(texts[0]));
            case "unlink" or "unlinkat" or "rmdir":
                return new Deleted(Text(texts[0]));
            case "rename" or "renameat" or "renameat2":
                return new Renamed(Text(texts[0]), Text(texts[1]));
            default:
                throw new NotSupportedException($"{name} is recorded, but what it does is not known here.");
        }
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static byte[] Bytes(string hexadecimal) =>
        Convert.FromHexString(hexadecimal.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^\d+ +<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^\d+ +(?<name>\w+)\((?<arguments>.*)\) += (?<result>-?\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();

    [GeneratedRegex("\"((?:\\\\x[0-9a-f]{2})*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(\d+)<((?:\\x[0-9a-f]{2})*)>")]
    private static partial Regex Descriptor();
}
