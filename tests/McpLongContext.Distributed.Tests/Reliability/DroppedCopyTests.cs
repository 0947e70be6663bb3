using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Reliability;

/// <summary>A copy that is dropped is gone; one made anew under its name has nothing of it.</summary>
public sealed class DroppedCopyTests
{
    [Fact]
    public async Task A_write_to_a_copy_that_was_dropped_does_not_make_it_anew()
    {
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        var stores = silo.Get<ShardStores>();
        var key = NewKey(stores);
        var store = stores.Of(key);
        await store.ApplyAsync(ChangeOf(silo, "llama"));
        await stores.RemoveAsync(key);

        await Assert.ThrowsAnyAsync<Exception>(() => store.ApplyAsync(ChangeOf(silo, "alpaca")));

        Assert.Equal(0, stores.IdentityOf(key));
    }

    [Fact]
    public async Task A_copy_made_anew_has_a_digest_of_its_own()
    {
        using var sandbox = new Sandbox();
        await using var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        var stores = silo.Get<ShardStores>();
        var key = NewKey(stores);
        await stores.Of(key).ApplyAsync(ChangeOf(silo, "llama"));
        var before = stores.Of(key).Describe();
        await stores.RemoveAsync(key);
        var anew = NewKey(stores);
        await stores.Of(anew).ApplyAsync(ChangeOf(silo, "alpaca"));

        var after = stores.Of(anew).Describe();

        Assert.Equal(before.Generation, after.Generation);
        Assert.NotEqual(before.Digest, after.Digest);
    }

    private static ShardKey NewKey(ShardStores stores)
    {
        var key = new ShardKey("silo-a", "notes", 0);
        return key with { Identity = stores.CreateIdentityOf(key) };
    }

    private static ShardChange ChangeOf(TestSilo silo, string animal) =>
        new()
        {
            LayoutVersion = 1,
            Put = [NewShardDocument.Of(silo.DocumentOf($"{animal}.md", $"The animal is {animal}."), firstPassage: 1)],
        };
}
