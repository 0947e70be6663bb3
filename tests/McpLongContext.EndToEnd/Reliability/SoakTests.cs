using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Mixed work at full load for a while: memory, handles and temporary files do not grow.</summary>
public sealed class SoakTests
{
    /// <summary>What a process sets up in its first seconds is no leak; they are not compared.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(24);

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(18);

    [Fact]
    public async Task Mixed_work_leaves_nothing_behind()
    {
        using var home = await ServerHome.CreateAsync();
        using var tree = new ChangingTree("src/McpLongContext.Context", seed: 6);
        await using var server = await BareClient.StartAsync(home, tree.Root);
        var third = Scale.Of(s_duration) / 3;
        await WorkAsync(s_settling + third, server, home, tree);
        var middle = await WorkAsync(third, server, home, tree);
        var last = await WorkAsync(third, server, home, tree);

        Assert.InRange(last.Megabytes, 0, (1.2 * middle.Megabytes) + 40);
        Assert.InRange(last.Handles, 0, middle.Handles + 8);
        Assert.Equal(0, last.TemporaryFiles);
        Assert.Equal(0, await server.CloseAsync());
    }

    /// <summary>For so long one lane ingests what changed, two ask.</summary>
    private static async Task<Observation> WorkAsync(
        TimeSpan duration,
        BareClient server,
        ServerHome home,
        ChangingTree tree
    )
    {
        using var end = new CancellationTokenSource(duration);
        var ingests = IngestAsync(server, tree, end.Token);
        var latencies = await Task.WhenAll(AskAsync(server, end.Token), AskAsync(server, end.Token));
        await ingests;
        var sorted = latencies.SelectMany(one => one).Order().ToArray();
        var observation = new Observation(
            server.ResidentMegabytes,
            server.PrivateMegabytes,
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

    private static async Task<int> IngestAsync(BareClient server, ChangingTree tree, CancellationToken end)
    {
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
        } while (!end.IsCancellationRequested);
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
