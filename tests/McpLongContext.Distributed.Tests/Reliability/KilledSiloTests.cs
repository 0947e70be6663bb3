using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Tests.Infrastructure;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace McpLongContext.Distributed.Tests.Reliability;

/// <summary>
/// A silo is killed at random instants while documents are ingested and questions asked. What was acknowledged is answered
/// all the time, once, and in both copies afterwards.
/// </summary>
public sealed class KilledSiloTests
{
    private const string Datastore = "notes";
    private const int Shards = 2;

    private readonly List<int> _acknowledged = [];
    private readonly Random _random = new(7420);

    [Fact]
    public async Task Nothing_acknowledged_is_lost()
    {
        using var sandbox = new Sandbox();
        var (home, root) = (sandbox.Home, sandbox.Work);
        await using var silo = await TestSilo.StartAsync(home, root);
        var other = await SiloProcess.StartAsync("silo-b", silo, home, root);
        try
        {
            await silo.CreateAsync(Datastore, Shards);
            Assert.All(await silo.CopiesAsync(Datastore), copies => Assert.Equal(2, copies.Length));
            for (var kill = 0; kill < Scale.Of(3); kill++)
            {
                using var ending = new CancellationTokenSource();
                var asking = AskAsync(silo, ending.Token);
                var ingesting = IngestAsync(silo, ending.Token);
                var begun = new TaskCompletionSource();
                var through = IngestThroughAsync(other, kill, begun);
                await begun.Task;
                await Task.Delay(_random.Next(100, 1500), TestContext.Current.CancellationToken);
                await other.KillAsync();
                await Task.Delay(_random.Next(100, 1500), TestContext.Current.CancellationToken);
                other = await SiloProcess.StartAsync("silo-b", silo, home, root);
                await ending.CancelAsync();
                await ingesting;
                await asking;
                await through;
                await silo.SettleAsync(Datastore, copies: 2);
                await ExpectAllAsync(silo);
            }
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    private static string WordOf(int note) => $"llama{note}x";

    private async Task IngestAsync(TestSilo silo, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var note = _acknowledged.Count;
            var report = await silo.IngestAsync(
                new IngestRequest
                {
                    Datastore = Datastore,
                    Name = $"note-{note}.md",
                    Text = $"# Note {note}\n\nThe animal of this note is {WordOf(note)}, and of no other.\n",
                    Wait = null,
                }
            );
            Assert.Equal(1, report.Added);
            lock (_acknowledged)
            {
                _acknowledged.Add(note);
            }
        }
    }

    private async Task AskAsync(TestSilo silo, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            int? note;
            lock (_acknowledged)
            {
                note = _acknowledged.Count == 0 ? null : _acknowledged[_random.Next(_acknowledged.Count)];
            }

            if (note is { } asked)
            {
                await ExpectAsync(silo, asked);
            }

            await Task.Yield();
        }
    }

    /// <summary>The other silo reads files and dies meanwhile; whoever asked it was told nothing.</summary>
    private static async Task IngestThroughAsync(SiloProcess silo, int round, TaskCompletionSource begun)
    {
        try
        {
            await using var client = await McpClient.CreateAsync(
                new HttpClientTransport(
                    new HttpClientTransportOptions
                    {
                        Endpoint = silo.Url,
                        TransportMode = HttpTransportMode.StreamableHttp,
                    }
                ),
                cancellationToken: TestContext.Current.CancellationToken
            );
            for (var i = 0; ; i++)
            {
                var answer = await client.CallToolAsync(
                    "ingest_document",
                    new Dictionary<string, object?>(StringComparer.Ordinal)
                    {
                        ["datastore"] = Datastore,
                        ["name"] = $"other-{round}-{i}.md",
                        ["text"] = $"A camel of round {round}, number {i}.",
                    },
                    cancellationToken: TestContext.Current.CancellationToken
                );
                Assert.NotEqual(true, answer.IsError);
                begun.TrySetResult();
            }
        }
        catch (Exception error)
            when (error is HttpRequestException or IOException or OperationCanceledException or McpException)
        {
            // It was killed.
        }
        finally
        {
            begun.TrySetResult();
        }
    }

    private static async Task ExpectAsync(TestSilo silo, int note)
    {
        var result = await silo.QueryAsync(new QueryRequest { Question = WordOf(note), Datastore = Datastore });

        var evidence = Assert.Single(result.Evidence, one => one.Text.Contains(WordOf(note)));
        Assert.Equal($"note-{note}.md", evidence.Path);
        Assert.DoesNotContain(result.Notes, one => one.Contains("missing"));
    }

    /// <summary>Every acknowledged document is stored once; some of them are asked for.</summary>
    private async Task ExpectAllAsync(TestSilo silo)
    {
        const int Asked = 10;
        var stored = new List<string>();
        for (var shard = 0; shard < Shards; shard++)
        {
            var listing = await silo.CopyOf("silo-a", Datastore, shard).ListAsync(root: null);
            stored.AddRange(listing.Documents.Select(one => one.Document.Path));
        }

        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Contains(stored, path => path.StartsWith("other-", StringComparison.Ordinal));
        Assert.Empty(_acknowledged.Select(note => $"note-{note}.md").Except(stored));
        foreach (var note in _acknowledged.OrderBy(_ => _random.Next()).Take(Asked))
        {
            await ExpectAsync(silo, note);
        }
    }
}
