using McpLongContext.Benchmarks.Peers;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>
/// A folder of sources ingested and asked, as a user meets it: whole processes, from their start to their end. Beside
/// it, where asked for, mcp-local-rag with the same model in fp32; it reads no sources, so that it gets them as .txt.
/// </summary>
internal static class IngestBenchmark
{
    private const int Rounds = 3;

    /// <summary>More sources than this are ingested once; what it takes varies little then.</summary>
    private const double MegabytesOfRounds = 3;

    private const int QuestionCount = 40;

    public static void Run(TextWriter output, string folder, bool withPeer)
    {
        var files = Sources.Files(folder).ToList();
        var megabytes = files.Sum(file => new FileInfo(file).Length) / 1e6;
        var questions = Questions.About(files, QuestionCount);
        output.WriteLine($"{folder}: {files.Count} source files, {megabytes:F2} MB");
        var ours = Enumerable
            .Range(0, megabytes < MegabytesOfRounds ? Rounds : 1)
            .Select(_ => Ours(folder, questions))
            .ToList();
        Report(output, "ours", ours);
        if (withPeer)
        {
            NodePeers.Install();
            var peer = LocalRag(files, folder, questions);
            Report(output, "mcp-local-rag, fp32", [peer]);
            var ratio = peer["ingest, everything encoded"] / Median(ours, "ingest, everything encoded");
            output.WriteLine($"ingest, everything encoded: {ratio:F1}x faster");
        }
    }

    private static Dictionary<string, double> Ours(string folder, List<string> questions)
    {
        using var home = Home.Create();
        var (first, report) = home.Run("ingest", folder, "--wait");
        var (second, _) = home.Run("ingest", folder, "--wait");
        var cold = ProgramRun.Of(home.Command("query", questions[0], "--answer", "never"));
        var measured = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["until lexical search answers"] = report.GetProperty("searchable_seconds").GetDouble(),
            ["ingest, everything encoded"] = first.Effort.Seconds,
            ["ingest, seconds of all cores"] = first.Effort.CoreSeconds,
            ["ingest again, unchanged"] = second.Effort.Seconds,
            ["cold process to first answer"] = cold.Effort.Seconds,
            ["ingest, peak memory MB"] = first.PeakBytes / 1e6,
        };
        AskServer(home, questions, measured);
        AddSizes(home, measured);
        return measured;
    }

    private static void AskServer(Home home, List<string> questions, Dictionary<string, double> measured)
    {
        using var server = ServerSession.Start(home);
        measured["server idle, MB"] = server.WorkingSet / 1e6;
        measured["server, first query"] = server.Query(questions[0]);
        var times = questions.Concat(questions).Select(server.Query).Skip(questions.Count).Order().ToList();
        measured["server, later queries p50"] = times[times.Count / 2];
        measured["server, later queries p99"] = times[times.Count * 99 / 100];
        measured["server after queries, MB"] = server.WorkingSet / 1e6;
    }

    private static void AddSizes(Home home, Dictionary<string, double> measured)
    {
        var (_, summary) = home.Run("datastores", "list");
        var datastore = summary.EnumerateArray().First();
        var tokens = datastore.GetProperty("tokens").GetDouble();
        measured["tokens with states, thousands"] = tokens / 1e3;
        measured["states on disk, bytes a token"] = datastore.GetProperty("state_bytes").GetDouble() / tokens;
        measured["all on disk, MB"] = datastore.GetProperty("bytes").GetDouble() / 1e6;
    }

    private static Dictionary<string, double> LocalRag(List<string> files, string folder, List<string> questions)
    {
        var scratch = Directory.CreateTempSubdirectory("mcp-local-rag").FullName;
        try
        {
            var texts = Path.Combine(scratch, "texts");
            foreach (var file in files)
            {
                var copy = Path.Combine(texts, Path.GetRelativePath(folder, file) + ".txt");
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            ProgramRun Call(params string[] arguments)
            {
                var start = NodePeers.LocalRag(["--db-path", Path.Combine(scratch, "db"), .. arguments]);
                start.WorkingDirectory = scratch;
                return ProgramRun.Of(start);
            }

            var first = Call("ingest", "--base-dir", texts, texts);
            var again = Call("ingest", "--base-dir", texts, texts);
            var query = Call("query", questions[0]);
            return new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["ingest, everything encoded"] = first.Effort.Seconds,
                ["ingest, seconds of all cores"] = first.Effort.CoreSeconds,
                ["ingest again, unchanged"] = again.Effort.Seconds,
                ["cold process to first answer"] = query.Effort.Seconds,
                ["ingest, peak memory MB"] = first.PeakBytes / 1e6,
            };
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static void Report(TextWriter output, string name, List<Dictionary<string, double>> rounds)
    {
        output.WriteLine();
        output.WriteLine(
            $"{name, -34} {"median", 9} {"low..high", 18}   ({rounds.Count} rounds; seconds where no unit)"
        );
        foreach (var measured in rounds[0].Keys)
        {
            var values = rounds.Select(round => round[measured]).Order().ToList();
            var spread = $"{values[0]:F3}..{values[^1]:F3}";
            output.WriteLine($"{measured, -34} {values[values.Count / 2], 9:F3} {spread, 18}");
        }
    }

    private static double Median(List<Dictionary<string, double>> rounds, string measured) =>
        rounds.Select(round => round[measured]).Order().ElementAt(rounds.Count / 2);
}
