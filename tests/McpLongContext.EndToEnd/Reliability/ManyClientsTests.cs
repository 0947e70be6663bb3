using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// Many clients of one server over HTTP, with mixed calls, cancellations and dropped connections: every call that is kept
/// is answered rightly, what was acknowledged is there, nothing grows. The same mix over stdio stands beside it.
/// </summary>
public sealed class ManyClientsTests
{
    private const int FewestClients = 8;
    private const int MostClients = 64;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(6);

    private static int Clients => Math.Clamp(Scale.Of(FewestClients), FewestClients, MostClients);

    [Fact]
    public async Task Many_clients_over_HTTP_are_answered_and_leave_nothing_behind()
    {
        using var home = await ServerHome.CreateAsync();
        var written = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await using (var server = await HttpServerProcess.StartAsync(home, Repository.Root))
        {
            using (var first = await server.ConnectAsync())
            {
                var tree = new JsonObject { ["path"] = Repository.Tree, ["wait_seconds"] = 55 };
                Assert.NotNull((await first.CallAsync("ingest_document", tree))["result"]);
            }

            var third = Scale.Of(s_duration) / 3;
            await WorkAsync("http, settling", third, server, written);
            var middle = await WorkAsync("http", third, server, written);
            var last = await WorkAsync("http", third, server, written);

            Assert.InRange(last, 0, (1.2 * middle) + 40);
            await AssertWrittenAsync(server, written);
            Assert.Equal(0, await server.StopAsync());
        }

        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
        await using var stdio = await BareClient.StartAsync(home, Repository.Root);
        await WorkAsync("stdio", Scale.Of(s_duration) / 3, stdio, written);
        Assert.Equal(0, await stdio.CloseAsync());
        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
    }

    /// <summary>Runs all clients for a while.</summary>
    /// <returns>The least resident memory meanwhile, in MB.</returns>
    private static async Task<double> WorkAsync(
        string name,
        TimeSpan duration,
        HttpServerProcess server,
        ConcurrentDictionary<string, string> written
    )
    {
        using var end = new CancellationTokenSource(duration);
        var latencies = new LatencyTable();
        var memory = SampleAsync(() => server.ResidentMegabytes, end.Token);
        await Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(number => Task.Run(() => new HttpLane(number, server, written, latencies).RunAsync(end.Token)))
        );
        var least = await memory;
        TestContext.Current.SendDiagnosticMessage($"{name}, {Clients} clients, {least:0} MB: {latencies}");
        return least;
    }

    private static async Task WorkAsync(
        string name,
        TimeSpan duration,
        BareClient server,
        ConcurrentDictionary<string, string> written
    )
    {
        using var end = new CancellationTokenSource(duration);
        var latencies = new LatencyTable();
        await Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(number => Task.Run(() => new StdioLane(number, server, written, latencies).RunAsync(end.Token)))
        );
        TestContext.Current.SendDiagnosticMessage(
            $"{name}, {Clients} callers, {server.ResidentMegabytes:0} MB: {latencies}"
        );
    }

    private static async Task<double> SampleAsync(Func<double> megabytes, CancellationToken end)
    {
        var least = megabytes();
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(100, CancellationToken.None);
            least = Math.Min(least, megabytes());
        }

        return least;
    }

    private static async Task AssertWrittenAsync(HttpServerProcess server, ConcurrentDictionary<string, string> written)
    {
        using var client = await server.ConnectAsync();
        Assert.NotEmpty(written);
        foreach (var (name, text) in written)
        {
            var answer = await client.RequestAsync(
                "resources/read",
                new JsonObject { ["uri"] = $"longcontext://default/{name}" }
            );
            Assert.Equal(text, (string?)answer["result"]?["contents"]?[0]?["text"]);
        }
    }
}
