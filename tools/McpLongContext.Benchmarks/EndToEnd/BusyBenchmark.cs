using System.Diagnostics;
using System.Text.Json.Nodes;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>
/// Questions to a server that encodes a folder in the background, and the same questions when it has nothing else to do.
/// </summary>
internal static class BusyBenchmark
{
    private const int QuestionCount = 40;
    private const int MostQuestions = 200;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    public static void Run(TextWriter output, string folder)
    {
        var files = Sources.Files(folder).ToList();
        var questions = Questions.About(files, QuestionCount);
        output.WriteLine(
            $"{folder}: {files.Count} source files, {files.Sum(file => new FileInfo(file).Length) / 1e6:F2} MB"
        );
        using var home = Home.Create();
        using var server = ServerSession.Start(home, folder);
        var watch = Stopwatch.StartNew();
        server.Call("ingest_document", new JsonObject { ["path"] = folder, ["wait_seconds"] = 0 });
        while (State(server) == "indexing")
        {
            Thread.Sleep(s_pause);
        }

        var busy = new List<double>();
        for (var i = 0; i < MostQuestions && State(server) == "encoding"; i++)
        {
            busy.Add(server.Query(questions[i % questions.Count]));
            Thread.Sleep(s_pause);
        }

        while (State(server) == "encoding")
        {
            Thread.Sleep(s_pause);
        }

        var ingest = watch.Elapsed.TotalSeconds;
        questions.ForEach(question => server.Query(question));
        var idle = questions.Concat(questions).Select(server.Query).ToList();
        output.WriteLine($"{"query, milliseconds", -34} {"questions", 9} {"p50", 9} {"p99", 9}");
        Report(output, "while the folder is encoded", busy);
        Report(output, "afterwards", idle);
        output.WriteLine(
            $"everything encoded after {ingest:F1} s, a question every {s_pause.TotalMilliseconds} ms meanwhile"
        );
    }

    private static string State(ServerSession server) =>
        server.Call("ingest_status", []).GetProperty("jobs")[0].GetProperty("state").GetString()!;

    private static void Report(TextWriter output, string name, List<double> times)
    {
        var sorted = times.Order().ToList();
        output.WriteLine(
            $"{name, -34} {sorted.Count, 9} {sorted[sorted.Count / 2] * 1e3, 9:F1} {sorted[sorted.Count * 99 / 100] * 1e3, 9:F1}"
        );
    }
}
