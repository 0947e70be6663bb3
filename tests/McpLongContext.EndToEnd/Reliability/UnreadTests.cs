using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Clients that do not read what they are sent: pipes are full after 64 KB, and whoever writes on waits.</summary>
public sealed class UnreadTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_does_not_read_the_log_is_answered()
    {
        const int Refusals = 2000;
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root, readsErrors: false);

        // Each is a line in the log.
        var refused = await Task.WhenAll(
            Enumerable.Range(0, Refusals).Select(i => server.CallAsync($"there-is-no-such-tool-as-number-{i}", []))
        );
        var answer = await server.CallAsync("list_datastores", []);

        Assert.All(refused, one => Assert.NotNull(one["error"]));
        Assert.NotNull(answer["result"]);
        Assert.Equal(0, await server.CloseAsync());
    }

    [Fact]
    public async Task What_a_client_asked_for_is_done_while_it_does_not_read_and_every_answer_comes_whole_afterwards()
    {
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root);
        server.StopReading();
        var lists = Enumerable.Range(0, 20).Select(_ => server.RequestAsync("tools/list", [])).ToList();
        var ingest = server.RequestAsync(
            "tools/call",
            new JsonObject
            {
                ["name"] = "ingest_document",
                ["arguments"] = new JsonObject { ["path"] = Repository.Tree },
                ["_meta"] = new JsonObject { ["progressToken"] = "p" },
            }
        );

        await UntilStoredAsync(home);
        Assert.False(ingest.IsCompleted);
        server.GoOnReading();

        Assert.All(await Task.WhenAll(lists), list => Assert.NotEmpty(list["result"]!["tools"]!.AsArray()));
        Assert.False((await ingest)["result"]!["isError"]?.GetValue<bool>() ?? false);
        Assert.Equal(0, await server.CloseAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_and_closes_its_end_leaves_no_process_behind()
    {
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root, readsErrors: false);
        server.StopReading();
        var lists = Enumerable.Range(0, 20).Select(_ => server.RequestAsync("tools/list", [])).ToList();
        var ingest = server.CallAsync("ingest_document", new JsonObject { ["path"] = Repository.Tree });

        await server.CloseInputAsync().WaitAsync(s_patience, Cancellation);

        server.GoOnReading();
        await Assert.ThrowsAsync<IOException>(() => Task.WhenAll([.. lists, ingest]));
    }

    private static async Task UntilStoredAsync(ServerHome home)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        while (!await IsStoredAsync(home))
        {
            await Task.Delay(200, limit.Token);
        }
    }

    private static async Task<bool> IsStoredAsync(ServerHome home)
    {
        var query = await home.RunAsync("query", "InstallLock", "--json", "--path", Repository.Tree + "/**");
        return query.ExitCode == 0 && JsonNode.Parse(query.Output)!["passages"]!.AsArray().Count > 0;
    }
}
