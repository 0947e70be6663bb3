using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Several servers and the command line on one datastore: no lost update, no damage, no starvation.</summary>
public sealed class ManyProcessesTests : IDisposable
{
    private const int Servers = 4;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>For the least that must have happened, where there is too little time for it in the duration.</summary>
    private static readonly TimeSpan s_atLast = TimeSpan.FromMinutes(2);

    private readonly ServerHome _home = ServerHome.WithoutEncoder();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shared-");
    private readonly int[] _counts = new int[Servers];
    private int _compactions;
    private TimeSpan _longest;

    public void Dispose()
    {
        _home.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_writer_finds_what_it_wrote_whatever_the_others_do()
    {
        var watch = Stopwatch.StartNew();
        var writers = Enumerable.Range(0, Servers).Select(number => WriteAsync(number, GoesOn));
        await Task.WhenAll([.. writers, CompactAsync(GoesOn)]);

        Assert.True(_compactions > 0);
        Assert.All(_counts, count => Assert.True(count > 1, $"a writer came to its turn {count} times"));
        Assert.True(_longest < s_patience, $"a call took {_longest}");
        (await _home.RunAsync("datastores", "verify", "default")).Expect(0);
        TestContext.Current.SendDiagnosticMessage(
            $"{_counts.Sum()} ingests, {_compactions} compactions, longest call {_longest.TotalSeconds:F1} s"
        );

        bool GoesOn() =>
            watch.Elapsed < Scale.Of(s_duration)
            || (watch.Elapsed < s_atLast && (Volatile.Read(ref _compactions) == 0 || _counts.Any(count => count < 2)));
    }

    /// <summary>Writes, ingests, asks, removes what all share; the last writer's server is killed now and then.</summary>
    private async Task WriteAsync(int number, Func<bool> goesOn)
    {
        var random = new Random(number);
        var server = await BareClient.StartAsync(_home, _folder.FullName);
        var own = Path.Combine(_folder.FullName, $"writer{number}");
        Directory.CreateDirectory(own);
        try
        {
            for (var count = 0; goesOn(); count = ++_counts[number])
            {
                await File.WriteAllTextAsync(
                    Path.Combine(own, "note.txt"),
                    $"Writer {number} has written {count} notes.\n",
                    CancellationToken.None
                );
                if (number == Servers - 1 && random.Next(4) == 0)
                {
                    // Killed in the middle of a call: nobody waits for its lock.
                    _ = CallAsync(server, "ingest_document", new JsonObject { ["path"] = own })
                        .ContinueWith(
                            _ => { },
                            CancellationToken.None,
                            TaskContinuationOptions.None,
                            TaskScheduler.Default
                        );
                    await Task.Delay(random.Next(60), CancellationToken.None);
                    await server.KillAsync();
                    await server.DisposeAsync();
                    server = await BareClient.StartAsync(_home, _folder.FullName);
                }

                var ingested = await ExpectAsync(server, "ingest_document", new JsonObject { ["path"] = own });
                var found = await ExpectAsync(
                    server,
                    "query_long_context",
                    new JsonObject
                    {
                        ["question"] = "How many notes has the writer written?",
                        ["path_glob"] = $"writer{number}/**",
                    }
                );
                Assert.True(
                    found["passages"]!.AsArray() is [{ } best, ..]
                        && best["text"]!
                            .GetValue<string>()
                            .Contains($"Writer {number} has written {count} notes.", StringComparison.Ordinal),
                    $"writer {number}, note {count}: {ingested.ToJsonString()} {found.ToJsonString()}"
                );
                await ExpectAsync(
                    server,
                    "ingest_document",
                    new JsonObject { ["text"] = $"Shared by {number}, {count}.", ["name"] = "shared.txt" }
                );
                // It may be gone already: another writer removes it, too.
                await CallAsync(server, "remove_document", new JsonObject { ["document"] = "shared.txt" });
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private async Task CompactAsync(Func<bool> goesOn)
    {
        while (goesOn())
        {
            var run = await _home.RunAsync("datastores", "compact", "default");
            _compactions += run.ExitCode == 0 ? 1 : 0;
        }
    }

    private async Task<JsonNode> ExpectAsync(BareClient server, string tool, JsonObject arguments)
    {
        var answer = await CallAsync(server, tool, arguments);
        Assert.True(
            answer["result"]?["isError"]?.GetValue<bool>() is not true && answer["result"] is not null,
            answer.ToJsonString()
        );
        return answer["result"]!["structuredContent"]!;
    }

    private async Task<JsonNode> CallAsync(BareClient server, string tool, JsonObject arguments)
    {
        var watch = Stopwatch.StartNew();
        var answer = await server.CallAsync(tool, arguments);
        if (watch.Elapsed > _longest)
        {
            _longest = watch.Elapsed;
        }

        return answer;
    }
}
