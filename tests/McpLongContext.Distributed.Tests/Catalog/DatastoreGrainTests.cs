using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Tests.Infrastructure;
using Orleans.Core.Internal;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>The grain of a datastore decides about copies and numbers passages, and forgets neither.</summary>
public sealed class DatastoreGrainTests
{
    private const string Datastore = "notes";

    [Fact]
    public async Task Ids_are_not_given_again_by_a_new_activation()
    {
        const int Taken = 100;
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await silo.CreateAsync(Datastore, shards: 2);
        var grain = silo.Get<ClusterDatastores>().Of(Datastore);

        Assert.Equal(1, await grain.ReserveAsync(Taken));
        Assert.Equal(1 + Taken, await grain.ReserveAsync(Taken));
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();

        Assert.InRange(await grain.ReserveAsync(Taken), 1 + (2 * Taken), long.MaxValue);
    }

    /// <summary>Nothing was stored under the ids, as if the writer were slow.</summary>
    [Fact]
    public async Task More_ids_than_a_block_are_given_at_once()
    {
        const int Many = 1_000_000;
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await silo.CreateAsync(Datastore, shards: 1);
        var grain = silo.Get<ClusterDatastores>().Of(Datastore);

        Assert.Equal(1, await grain.ReserveAsync(Many));
        Assert.Equal(1 + Many, await grain.ReserveAsync(1));
    }

    [Fact]
    public async Task A_copy_that_misses_a_write_while_it_catches_up_stays_stale()
    {
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await silo.CreateAsync(Datastore, shards: 1);
        Corpus.Copy(sandbox.Work, "src/McpLongContext.Storage");
        await silo.IngestAsync(
            new()
            {
                Datastore = Datastore,
                Paths = [sandbox.Work],
                Wait = null,
            }
        );
        await using var other = await TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: "silo-b", primary: silo);
        var grain = silo.Get<ClusterDatastores>().Of(Datastore);

        await StateAsync(silo, state => state == CopyState.Joining);
        await grain.MarkStaleAsync(0, ["silo-b"]);

        Assert.Equal(CopyState.Joining, await StateAsync(silo, state => state != CopyState.Stale));
        await silo.SettleAsync(Datastore, copies: 2);
    }

    /// <summary>The first state of the second copy that meets a condition.</summary>
    private static async Task<CopyState> StateAsync(TestSilo silo, Predicate<CopyState> isMet)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (true)
        {
            if ((await silo.CopiesAsync(Datastore))[0] is [_, var copy] && isMet(copy.State))
            {
                return copy.State;
            }

            Assert.True(DateTimeOffset.UtcNow < until, "The copy did not change within a minute.");
            await Task.Yield();
        }
    }
}
