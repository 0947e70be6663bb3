using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// The server is killed while it encodes in the background. The next one continues after what was published, computes
/// nothing twice, and at every moment the numbers that are told are those of the disk.
/// </summary>
public sealed class ResumedEncodingTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_killed_in_the_middle_of_encoding_is_followed_by_one_that_does_the_rest()
    {
        using var home = await ServerHome.CreateAsync();
        using var tree = new ChangingTree("src/McpLongContext.Storage/Embeddings", seed: 1);
        JsonNode told;
        await using (var killed = await BareClient.StartAsync(home, tree.Root))
        {
            await IngestAsync(killed, "interrupted");
            told = await UntilAsync(killed, job => Number(job, "encoded_tokens") > 0);
            await killed.KillAsync();
        }

        Assert.Equal("encoding", Text(told, "state"));
        Assert.InRange(Number(told, "pending_documents"), 1, tree.Files.Count());

        await using var server = await BareClient.StartAsync(home, tree.Root);
        Assert.Empty(await JobsAsync(server));
        var left = await DatastoreAsync(server, "interrupted");
        Assert.Equal(tree.Files.Count(), Number(left, "documents"));
        Assert.InRange(Number(left, "tokens"), Number(told, "encoded_tokens"), long.MaxValue);
        Assert.InRange(Number(left, "pending_documents"), 1, Number(told, "pending_documents"));

        await IngestAsync(server, "interrupted");
        var resumed = await UntilAsync(server, IsFinal);
        Assert.Equal("complete", Text(resumed, "state"));
        Assert.Equal(0, Number(resumed, "pending_documents"));
        Assert.Equal(tree.Files.Count(), Number(resumed, "unchanged"));

        await IngestAsync(server, "uninterrupted");
        var whole = await UntilAsync(server, IsFinal);
        Assert.Equal(Number(whole, "encoded_tokens"), Number(left, "tokens") + Number(resumed, "encoded_tokens"));
        var end = await DatastoreAsync(server, "interrupted");
        Assert.Equal(Number(whole, "encoded_tokens"), Number(end, "tokens"));
        Assert.Equal(0, Number(end, "pending_documents"));
    }

    private static async Task IngestAsync(BareClient server, string datastore)
    {
        var arguments = new JsonObject
        {
            ["path"] = ".",
            ["datastore"] = datastore,
            ["wait_seconds"] = 0,
        };
        await CallAsync(server, "ingest_document", arguments);
    }

    /// <summary>
    /// The latest job's status as soon as it fulfils a condition. Until then what is encoded only grows, and what is
    /// pending only shrinks once every file is read.
    /// </summary>
    private static async Task<JsonNode> UntilAsync(BareClient server, Func<JsonNode, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        var before = (await JobsAsync(server))[^1]!;
        while (!condition(before))
        {
            await Task.Delay(s_pause, limit.Token);
            var now = (await JobsAsync(server))[^1]!;
            Assert.InRange(Number(now, "encoded_tokens"), Number(before, "encoded_tokens"), long.MaxValue);
            if (Text(before, "state") == "encoding")
            {
                Assert.InRange(Number(now, "pending_documents"), 0, Number(before, "pending_documents"));
            }

            before = now;
        }

        return before;
    }

    private static bool IsFinal(JsonNode job) => Text(job, "state") is not ("indexing" or "encoding");

    private static async Task<JsonArray> JobsAsync(BareClient server) =>
        (await CallAsync(server, "ingest_status", []))["jobs"]!.AsArray();

    private static async Task<JsonNode> DatastoreAsync(BareClient server, string name) =>
        (await CallAsync(server, "list_datastores", []))["datastores"]!
            .AsArray()
            .Single(datastore => Text(datastore!, "name") == name)!;

    private static async Task<JsonNode> CallAsync(BareClient server, string tool, JsonObject arguments)
    {
        var answer = await server.CallAsync(tool, arguments);
        return answer["result"]?["structuredContent"] ?? throw new InvalidOperationException(answer.ToJsonString());
    }

    private static string Text(JsonNode node, string property) => node[property]!.GetValue<string>();

    private static long Number(JsonNode node, string property) => node[property]!.GetValue<long>();
}
