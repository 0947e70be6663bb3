using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>Copies move to a silo that joins until all hold as many, and leave the others; questions are answered.</summary>
public sealed class RebalancingTests
{
    private const string Datastore = "notes";
    private const int Notes = 6;

    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Copies_move_to_a_silo_that_joins()
    {
        using var sandbox = new Sandbox();
        await using var silo = await StartAsync("silo-a", primary: null);
        await using var second = await StartAsync("silo-b", silo);
        await silo.CreateAsync(Datastore, shards: 3);
        for (var note = 0; note < Notes; note++)
        {
            await silo.IngestAsync(Datastore, $"note-{note}.md", $"The animal of note {note} is llama{note}x.");
        }

        await using var third = await StartAsync("silo-c", silo);
        var asked = 0;
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!IsEven(await silo.CopiesAsync(Datastore)))
        {
            Assert.True(DateTimeOffset.UtcNow < until, "The copies were not spread within a minute.");
            await ExpectAsync(third, asked++ % Notes);
        }

        await silo.SettleAsync(Datastore, copies: RepairPlan.Copies);
        for (var note = 0; note < Notes; note++)
        {
            await ExpectAsync(third, note);
        }

        foreach (var name in new[] { "silo-a", "silo-b", "silo-c" })
        {
            var folder = Path.Combine(sandbox.Home, "silos", name, "datastores");
            await WaitAsync(() => Directory.GetDirectories(folder).Length == 2);
        }

        Task<TestSilo> StartAsync(string name, TestSilo? primary) =>
            TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: name, primary: primary, grace: s_grace);
    }

    private static bool IsEven(ShardCopy[][] shards) =>
        shards.SelectMany(copies => copies).CountBy(copy => copy.Silo).All(silo => silo.Value == 2);

    private static async Task ExpectAsync(TestSilo silo, int note)
    {
        var result = await silo.QueryAsync(new QueryRequest { Question = $"llama{note}x", Datastore = Datastore });

        Assert.Equal($"note-{note}.md", Assert.Single(result.Evidence, one => one.Text.Contains($"llama{note}x")).Path);
        Assert.DoesNotContain(result.Notes, one => one.Contains("missing"));
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!condition())
        {
            Assert.True(DateTimeOffset.UtcNow < until, "A copy that has moved was not removed within a minute.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
