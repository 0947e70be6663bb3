using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Tests.Infrastructure;
using SQLitePCL;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>A copy that cannot store what it missed is replaced by one on another silo after the grace period.</summary>
public sealed class ReplacedCopyTests
{
    private const string Datastore = "notes";

    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_copy_that_fails_whenever_it_catches_up_is_replaced()
    {
        using var sandbox = new Sandbox();
        await using var silo = await StartAsync("silo-a", primary: null);
        await using var second = await StartAsync("silo-b", silo);
        await silo.CreateAsync(Datastore, shards: 1);
        RefuseDocuments(Path.Combine(sandbox.Home, "silos/silo-b/datastores", $"{Datastore}.shard-0", "datastore.db"));
        await silo.IngestAsync(Datastore, "llama.md", "The animal is a llama.");
        var refusal = await Assert.ThrowsAsync<ShardUnavailableException>(() => WriteAsync(silo));
        Assert.EndsWith("refused.", refusal.Message);
        await using var third = await StartAsync("silo-c", silo);

        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!(await silo.CopiesAsync(Datastore))[0].Any(IsReplacement))
        {
            Assert.True(DateTimeOffset.UtcNow < until, "The copy was not replaced within a minute.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Task<TestSilo> StartAsync(string name, TestSilo? primary) =>
            TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: name, primary: primary, grace: s_grace);

        static bool IsReplacement(ShardCopy copy) => copy is { Silo: "silo-c", State: CopyState.Current };
    }

    private static Task<ShardChangeResult> WriteAsync(TestSilo silo) =>
        silo.CopyOf("silo-b", Datastore, shard: 0)
            .ApplyAsync(
                new ShardChange
                {
                    LayoutVersion = long.MaxValue,
                    Put =
                    [
                        NewShardDocument.Of(silo.DocumentOf("alpaca.md", "The animal is an alpaca."), firstPassage: 9),
                    ],
                }
            );

    /// <summary>As a disk does that is full.</summary>
    private static void RefuseDocuments(string database)
    {
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(database, out var connection));
        using (connection)
        {
            const string Refusal =
                "CREATE TRIGGER refusal BEFORE INSERT ON documents BEGIN SELECT RAISE(ABORT, 'refused'); END";
            Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(connection, Refusal));
        }
    }
}
