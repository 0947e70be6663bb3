using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Whatever a client writes, the server stays up, stays small and answers what was asked rightly.</summary>
public sealed class HostileProtocolTests
{
    private const int Messages = 3000;
    private const int BetweenQuestions = 100;
    private const double MaxMegabytes = 400;

    [Fact]
    public async Task Valid_requests_among_hostile_messages_are_answered_and_memory_stays_bounded()
    {
        using var home = ServerHome.WithoutEncoder();
        var directory = Directory.CreateTempSubdirectory("hostile-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "a.txt"), "The code word is zebra.\n");
            await using var server = await BareClient.StartAsync(home, directory.FullName);
            var tools = (await server.RequestAsync("tools/list", []))["result"]!["tools"]!.AsArray();
            var hostile = new HostileMessages(seed: 1, [.. tools.Select(tool => tool!)]);
            for (var sent = 0; sent < Scale.Of(Messages); sent++)
            {
                await server.WriteAsync(hostile.Next());
                if (sent % BetweenQuestions == 0)
                {
                    await AskAsync(server);
                }
            }

            await AskAsync(server);
            Assert.InRange(server.ResidentMegabytes, 0, MaxMegabytes);

            await server.WriteAsync("""{"jsonrpc":"2.0","id":"half","meth"""u8.ToArray());
            Assert.Equal(0, await server.CloseAsync());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>The datastore is this test's alone: the hostile messages may remove any other that they name.</summary>
    private static async Task AskAsync(BareClient server)
    {
        var stored = await server.CallAsync(
            "ingest_document",
            new JsonObject { ["path"] = "a.txt", ["datastore"] = "asked" }
        );
        Assert.Equal(
            1,
            stored["result"]!["structuredContent"]!["added"]!.GetValue<int>()
                + stored["result"]!["structuredContent"]!["unchanged"]!.GetValue<int>()
        );
        var answer = await server.CallAsync(
            "query_long_context",
            new JsonObject { ["question"] = "What is the code word?", ["datastore"] = "asked" }
        );
        var passage = answer["result"]!["structuredContent"]!["passages"]![0]!;
        Assert.Equal("a.txt:1-1", passage["citation"]!.GetValue<string>());
    }
}
