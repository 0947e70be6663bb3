using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.EndToEnd.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A tree is edited while the servers of four clients, one of which watches it, answer. After each quiet second every
/// answer equals that of a datastore into which the tree was ingested then.
/// </summary>
public sealed class FreshnessTests
{
    private const int Servers = 4;
    private const int EditsOfRound = 100;
    private const int Questions = 12;

    /// <summary>The most bytes of the datastore, whose files have 30 KB, without the log of changes.</summary>
    private const long MostStored = 8 * 1024 * 1024;

    /// <summary>The most bytes with the log, which begins anew once it has 32 MB and nobody reads.</summary>
    private const long MostLogged = 96 * 1024 * 1024;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);

    /// <summary>On a machine that is busy with other work, what is stale may be so for longer; it is told, too.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private int _answers;
    private int _late;

    [Fact]
    public async Task Every_answer_after_a_quiet_second_is_that_of_a_fresh_ingest()
    {
        using var home = ServerHome.WithoutEncoder();
        using var tree = new EditedTree(seed: 11);
        var servers = await Task.WhenAll(
            Enumerable.Range(0, Servers).Select(_ => BareClient.StartAsync(home, tree.Root))
        );
        try
        {
            await servers[0].CallAsync("ingest_document", new JsonObject { ["path"] = ".", ["watch"] = true });
            var slowest = TimeSpan.Zero;
            for (var round = 0; round < Scale.Of(4); round++)
            {
                await EditAsync(tree, servers);
                await Task.Delay(s_quiet, TestContext.Current.CancellationToken);
                var took = await CompareAsync(tree, servers, round);
                slowest = took > slowest ? took : slowest;
                Assert.InRange(SizeOf(home.Folder, "*.db"), 1, MostStored);
                Assert.InRange(SizeOf(home.Folder, "*"), 1, MostLogged);
            }

            TestContext.Current.SendDiagnosticMessage(
                $"{_answers} answers, {_late} not fresh at first, the slowest after {slowest.TotalMilliseconds:0} ms"
            );
            Assert.Empty(Directory.EnumerateFiles(home.Folder, "*.tmp", SearchOption.AllDirectories));
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Edits, while every server answers.</summary>
    private static async Task EditAsync(EditedTree tree, BareClient[] servers)
    {
        using var end = new CancellationTokenSource();
        var asking = servers.Select(server => AskUntilAsync(server, end.Token)).ToArray();
        await Task.Run(() =>
        {
            for (var i = 0; i < EditsOfRound; i++)
            {
                tree.Edit();
            }
        });
        await end.CancelAsync();
        await Task.WhenAll(asking);
    }

    private static async Task AskUntilAsync(BareClient server, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await AskAsync(server, "weather");
        }
    }

    private async Task<TimeSpan> CompareAsync(EditedTree tree, BareClient[] servers, int round)
    {
        var folder = Directory.CreateTempSubdirectory("fresh-");
        try
        {
            await using var fresh = new LongContextService(
                new LongContextOptions
                {
                    Home = folder.FullName,
                    WorkingDirectory = tree.Root,
                    AllowedRoots = [tree.Root],
                    InstallDefaultEncoder = false,
                },
                TimeProvider.System,
                NullLoggerFactory.Instance
            );
            await fresh.IngestAsync(new IngestRequest { Paths = ["."], Wait = null }, null, default);
            var slowest = TimeSpan.Zero;
            foreach (var word in tree.SampleWords(Questions).Append("weather"))
            {
                var request = new QueryRequest { Question = word, MaxTokens = 100_000 };
                var expected = Of((await fresh.QueryAsync(request, default)).Evidence, word);
                foreach (var server in servers)
                {
                    var start = Stopwatch.GetTimestamp();
                    var (report, evidence) = await AskAsync(server, word);
                    _answers++;
                    _late += report["fresh"]!.GetValue<bool>() ? 0 : 1;
                    while (!report["fresh"]!.GetValue<bool>() && Stopwatch.GetElapsedTime(start) < s_patience)
                    {
                        (report, evidence) = await AskAsync(server, word);
                    }

                    slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
                    var found = evidence.Where(item => item.Text.Contains(word, StringComparison.Ordinal)).Order();
                    Assert.True(
                        report["fresh"]!.GetValue<bool>() && expected.SequenceEqual(found),
                        $"Round {round}, '{word}': {report}\nexpected {string.Join(", ", expected)}\nfound {string.Join(", ", found)}"
                    );
                }
            }

            return slowest;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long SizeOf(string home, string files) =>
        Directory
            .EnumerateFiles(Path.Combine(home, "datastores"), files, SearchOption.AllDirectories)
            .Sum(file => new FileInfo(file) is { Exists: true } info ? info.Length : 0);

    private static (string Citation, string Text)[] Of(IEnumerable<Evidence> evidence, string word) =>
        [
            .. evidence
                .Where(item => item.Text.Contains(word, StringComparison.Ordinal))
                .Select(item => (item.Citation, item.Text))
                .Order(),
        ];

    private static async Task<(JsonNode Report, List<(string Citation, string Text)> Evidence)> AskAsync(
        BareClient server,
        string question
    )
    {
        var answer = await server.CallAsync(
            "query_long_context",
            new JsonObject { ["question"] = question, ["max_tokens"] = 100_000 }
        );
        var result = answer["result"]!["structuredContent"];
        Assert.True(result is not null, answer.ToJsonString());
        return (
            result["freshness"] ?? new JsonObject(),
            [
                .. result["passages"]!
                    .AsArray()
                    .Select(item => (item!["citation"]!.GetValue<string>(), item["text"]!.GetValue<string>())),
            ]
        );
    }
}
