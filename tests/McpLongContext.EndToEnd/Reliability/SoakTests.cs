using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Mixed work at full load for a while: memory, handles and temporary files do not grow.</summary>
public sealed class SoakTests
{
    /// <summary>
    /// What a process sets up with its first work is no leak; it is not compared. Counted in ingests, because a slow
    /// machine does less of them in a second.
    /// </summary>
    private const int SettlingIngests = 4;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(18);

    [Fact]
    public async Task Mixed_work_leaves_nothing_behind()
    {
        using var home = await ServerHome.CreateAsync();
        using var tree = new ChangingTree("src/McpLongContext.Context", seed: 6);
        await using var server = await BareClient.StartAsync(home, tree.Root);
        var third = Scale.Of(s_duration) / 3;
        await WorkAsync(third, SettlingIngests, server, home, tree);
        var middle = await WorkAsync(third, 1, server, home, tree);
        var last = await WorkAsync(third, 1, server, home, tree);

        Assert.InRange(last.Megabytes, 0, (1.2 * middle.Megabytes) + 40);
        Assert.InRange(last.Handles, 0, middle.Handles + 8);
        Assert.Equal(0, last.TemporaryFiles);
        Assert.Equal(0, await server.CloseAsync());
    }

    /// <summary>For so long, and until so many ingests are done, one lane ingests what changed, two ask.</summary>
    private static async Task<Observation> WorkAsync(
        TimeSpan duration,
        int ingestCount,
        BareClient server,
        ServerHome home,
        ChangingTree tree
    )
    {
        using var end = new CancellationTokenSource();
        var ingests = IngestAsync(server, tree, duration, ingestCount, end);
        var memory = SampleAsync(server, end.Token);
        var latencies = await Task.WhenAll(AskAsync(server, end.Token), AskAsync(server, end.Token));
        await ingests;
        var (resident, privately) = await memory;
        var sorted = latencies.SelectMany(one => one).Order().ToArray();
        var observation = new Observation(
            resident,
            privately,
            CountHandles(server),
            Directory.EnumerateFiles(home.Folder, "*.tmp", SearchOption.AllDirectories).Count(),
            await ingests,
            sorted.Length,
            sorted[sorted.Length / 2],
            sorted[(int)(sorted.Length * 0.99)],
            sorted[^1]
        );
        // At once: a long run that fails later has still measured this.
        TestContext.Current.SendDiagnosticMessage($"{observation}");
        return observation;
    }

    /// <summary>
    /// The least memory of a phase. A leak lifts it; the peaks above it are the collector's choice of a moment.
    /// </summary>
    private static async Task<(double Resident, double Private)> SampleAsync(BareClient server, CancellationToken end)
    {
        var (resident, privately) = (server.ResidentMegabytes, server.PrivateMegabytes);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!end.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            resident = Math.Min(resident, server.ResidentMegabytes);
            privately = Math.Min(privately, server.PrivateMegabytes);
        }

        return (resident, privately);
    }

    /// <summary>Ingests until the time is over and the number reached; then ends the phase.</summary>
    private static async Task<int> IngestAsync(
        BareClient server,
        ChangingTree tree,
        TimeSpan duration,
        int least,
        CancellationTokenSource end
    )
    {
        var watch = Stopwatch.StartNew();
        var count = 0;
        do
        {
            tree.Change();
            var answer = await server.CallAsync(
                "ingest_document",
                new JsonObject { ["path"] = ".", ["wait_seconds"] = 50 }
            );
            Assert.True(answer["result"]?["isError"]?.GetValue<bool>() is not true, answer.ToJsonString());
            count++;
        } while (count < least || watch.Elapsed < duration);
        await end.CancelAsync();
        return count;
    }

    private static async Task<List<double>> AskAsync(BareClient server, CancellationToken end)
    {
        var latencies = new List<double>();
        var random = new Random(7);
        string[] words = ["job", "cancel", "datastore", "passage", "encoder", "window", "ignore file", "citation"];
        do
        {
            var question =
                $"How does the {words[random.Next(words.Length)]} meet the {words[random.Next(words.Length)]}?";
            var watch = Stopwatch.StartNew();
            var answer = await server.CallAsync("query_long_context", new JsonObject { ["question"] = question });
            latencies.Add(watch.Elapsed.TotalMilliseconds);
            Assert.NotNull(answer["result"]);
        } while (!end.IsCancellationRequested);
        return latencies;
    }

    /// <summary>
    /// Handles but for those of segments that the datastore has: their number changes with every ingest and merge. A
    /// handle that keeps a removed segment counts; its target's name has a mark after it.
    /// </summary>
    private static int CountHandles(BareClient server) =>
        OperatingSystem.IsLinux()
            ? Directory
                .GetFiles($"/proc/{server.ProcessId}/fd")
                .Count(handle =>
                    new FileInfo(handle).LinkTarget?.EndsWith(".seg", StringComparison.Ordinal) is not true
                )
            : 0;

    private sealed record Observation(
        double Megabytes,
        double PrivateMegabytes,
        int Handles,
        int TemporaryFiles,
        int Ingests,
        int Questions,
        double MedianMilliseconds,
        double P99Milliseconds,
        double LongestMilliseconds
    );
}
