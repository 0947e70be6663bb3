using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Many calls at once in one server, some of them cancelled: the others are answered rightly.</summary>
public sealed class ManyCallsTests
{
    private const int Rounds = 3;
    private const int Calls = 64;

    [Fact]
    public async Task Calls_beside_cancelled_ones_are_answered()
    {
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root);
        var random = new Random(4);
        await server.CallAsync("ingest_document", new JsonObject { ["path"] = Repository.Tree });
        for (var round = 0; round < Scale.Of(Rounds); round++)
        {
            var kept = new List<Task<JsonNode>>();
            for (var call = 0; call < Calls; call++)
            {
                var answer = Call(server, random.Next(4), $"{round}-{call}.txt", out var id);
                if (random.Next(3) == 0)
                {
                    await server.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = id });
                }
                else
                {
                    kept.Add(answer);
                }
            }

            foreach (var answer in await Task.WhenAll(kept))
            {
                Assert.True(answer["result"]?["isError"]?.GetValue<bool>() is not true, answer.ToJsonString());
                Assert.NotNull(answer["result"]);
            }
        }

        Assert.Equal(0, await server.CloseAsync());
        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
    }

    private static Task<JsonNode> Call(BareClient server, int kind, string name, out string id) =>
        kind switch
        {
            0 => server.CallAsync(
                "ingest_document",
                new JsonObject { ["text"] = $"The name of this is {name}.", ["name"] = name },
                out id
            ),
            1 => server.CallAsync("ingest_document", new JsonObject { ["path"] = Repository.Tree }, out id),
            2 => server.CallAsync("list_datastores", [], out id),
            _ => server.CallAsync("query_long_context", new JsonObject { ["question"] = "InstallLock" }, out id),
        };
}
