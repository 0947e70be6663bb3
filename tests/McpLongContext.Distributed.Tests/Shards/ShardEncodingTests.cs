using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Management;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Shards;

/// <summary>Copies encode what they lack; a failure is told while something is pending, and no longer.</summary>
public sealed class ShardEncodingTests
{
    private const string Datastore = "notes";

    [Fact]
    public async Task A_failure_is_told_until_nothing_is_pending()
    {
        using var sandbox = new Sandbox();
        BrokenEncoder.Install(sandbox.Home);
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await silo.CreateAsync(Datastore, shards: 1);
        var copy = silo.CopyOf("silo-a", Datastore, shard: 0);

        var report = await silo.IngestAsync(Datastore, "llama.md", "The animal is a llama.");
        Assert.Equal(IngestState.LexicalOnly, report.State);
        Assert.Contains(report.Notes, note => note.StartsWith("Documents that are pending", StringComparison.Ordinal));
        Assert.NotNull((await copy.DescribeAsync()).EncodingProblem);

        await silo.Get<IDatastoreManager>()
            .RemoveDocumentAsync(Datastore, "llama.md", TestContext.Current.CancellationToken);
        await WaitAsync(async () => (await copy.DescribeAsync()).EncodingProblem is null);
    }

    [Fact]
    public async Task A_copy_that_catches_up_encodes_nothing_that_the_other_one_has_encoded()
    {
        const int Notes = 3;
        await TestModels.EncoderAsync();
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work, encodes: true);
        await silo.CreateAsync(Datastore, shards: 1);
        for (var note = 0; note < Notes; note++)
        {
            await silo.IngestAsync(Datastore, $"note-{note}.md", $"The animal of note {note} is a llama.");
        }

        var stores = silo.Get<ShardStores>();
        var key = new ShardKey("silo-a", "other", 0);
        var store = stores.Of(key with { Identity = stores.CreateIdentityOf(key) });
        var source = AlteredSilo
            .WithSegments(silo.Get<IGrainFactory>(), "silo-a", WriteAsync)
            .GetGrain<IShardGrain>(new ShardKey("silo-a", Datastore, 0).ToString());

        await store.CatchUpAsync(source);

        var state = store.Describe();
        Assert.Equal((Notes, 0), (state.Documents, state.Pending));
        Assert.DoesNotContain(silo.Get<JobRegistry>().All(), job => job.Datastore == key.StoreName);

        // The documents are there, their embeddings are not: a write comes, and the usual time to begin encoding passes.
        async Task WriteAsync()
        {
            Assert.Equal(Notes, store.Describe().Pending);
            await store.ApplyAsync(new ShardChange { LayoutVersion = 1 });
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(30);
        while (!await condition())
        {
            Assert.True(DateTimeOffset.UtcNow < until, "It did not happen within half a minute.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
