using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Reliability;

/// <summary>A silo comes back with an empty disk: its shards are made anew from the other copies, never the reverse.</summary>
public sealed class ReplacedDiskTests
{
    private const string Datastore = "notes";
    private const int Notes = 8;

    [Fact]
    public async Task Empty_copies_are_filled_and_empty_no_others()
    {
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await using (await TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: "silo-b", primary: silo))
        {
            // The first copy of the second shard is that of the silo whose disk is lost.
            await silo.CreateAsync(Datastore, shards: 2);
            for (var note = 0; note < Notes; note++)
            {
                await silo.IngestAsync(Datastore, $"note-{note}.md", $"The animal of note {note} is llama{note}x.");
            }
        }

        var before = await silo.CopiesAsync(Datastore);
        var stored = await Task.WhenAll(before.Select((_, shard) => PathsAsync(silo, "silo-a", shard)));
        Assert.All(stored, Assert.NotEmpty);
        Directory.Delete(Path.Combine(sandbox.Home, "silos", "silo-b"), recursive: true);
        await using var replaced = await TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: "silo-b", primary: silo);
        await Assert.ThrowsAsync<ShardUnavailableException>(() =>
            CopyAsync(replaced, before[1].Single(copy => copy.Silo == "silo-b").Identity)
        );

        await WaitAsync(async () =>
            (await silo.CopiesAsync(Datastore)).Zip(before).All(shard => shard.First.Except(shard.Second).Any())
        );
        await silo.SettleAsync(Datastore, copies: 2);

        for (var shard = 0; shard < stored.Length; shard++)
        {
            Assert.Equal(stored[shard], await PathsAsync(silo, "silo-a", shard));
            Assert.Equal(stored[shard], await PathsAsync(silo, "silo-b", shard));
        }
    }

    private static Task<ShardListing> CopyAsync(TestSilo silo, long identity) =>
        silo.Get<IGrainFactory>()
            .GetGrain<IShardGrain>(new ShardKey("silo-b", Datastore, 1, identity).ToString())
            .ListAsync(root: null);

    private static async Task<List<string>> PathsAsync(TestSilo silo, string name, int shard)
    {
        var listing = await silo.CopyOf(name, Datastore, shard).ListAsync(root: null);
        return [.. listing.Documents.Select(one => one.Document.Path).Order(StringComparer.Ordinal)];
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!await condition())
        {
            Assert.True(DateTimeOffset.UtcNow < until, "The copies were not made anew within a minute.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
