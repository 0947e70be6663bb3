using System.Runtime.CompilerServices;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Jobs;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Ingestion;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Ingestion;

/// <summary>A write that is acknowledged is on every copy that is current; one that fails says why.</summary>
public sealed class ShardWriterTests
{
    private const string Datastore = "notes";
    private const string Name = "llama.md";

    [Fact]
    public async Task A_write_that_reaches_a_joining_copy_first_is_acknowledged_by_both()
    {
        using var sandbox = new Sandbox();
        await using var silo = await StartAsync(sandbox);
        await silo.IngestAsync(Datastore, "alpaca.md", "The animal is an alpaca.");
        var copy = (await silo.CopiesAsync(Datastore))[0][0];
        var source = silo.Get<ShardStores>().Of(new("silo-a", Datastore, 0, copy.Identity));

        // Catching up begins with a fence, which waits for a write: the other write comes between.
        await WritingOf(source).WaitAsync(TestContext.Current.CancellationToken);
        await using var other = await TestSilo.StartAsync(sandbox.Home, sandbox.Work, name: "silo-b", primary: silo);
        await WaitAsync(async () => await StateAsync(silo) == CopyState.Joining);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (_, written) = Write(silo, AlteredSilo.WithWrites(silo.Get<IGrainFactory>(), "silo-a", () => gate.Task));
        await WaitAsync(() => HasAsync(silo, "silo-b"));
        WritingOf(source).Release();
        await WaitAsync(async () => await StateAsync(silo) == CopyState.Current);
        gate.SetResult();

        Assert.Equal(1, (await written).Added);
        Assert.True(await HasAsync(silo, "silo-a"));
        Assert.True(await HasAsync(silo, "silo-b"));
    }

    [Fact]
    public async Task A_write_that_no_copy_takes_says_why()
    {
        using var sandbox = new Sandbox();
        await using var silo = await StartAsync(sandbox);
        var grains = AlteredSilo.WithWrites(
            silo.Get<IGrainFactory>(),
            "silo-a",
            () => Task.FromException(new IOException("The disk is full."))
        );

        var error = await Assert.ThrowsAsync<ShardUnavailableException>(() => Write(silo, grains).Written);

        Assert.EndsWith("can be written (silo 'silo-a': The disk is full)", error.Message);
    }

    [Fact]
    public async Task A_write_whose_copies_change_again_and_again_can_be_canceled()
    {
        using var sandbox = new Sandbox();
        await using var silo = await StartAsync(sandbox);
        var (job, written) = Write(
            silo,
            AlteredSilo.WithWrites(
                silo.Get<IGrainFactory>(),
                "silo-a",
                () => Task.FromException(new LayoutChangedException())
            )
        );

        job.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => written);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_writing")]
    private static extern ref SemaphoreSlim WritingOf(ShardStore store);

    private static async Task<TestSilo> StartAsync(Sandbox sandbox)
    {
        var silo = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await silo.CreateAsync(Datastore, shards: 1);
        return silo;
    }

    private static (IngestJob Job, Task<IngestReport> Written) Write(TestSilo silo, IGrainFactory grains)
    {
        var written = new TaskCompletionSource<IngestReport>();
        var job = silo.Get<JobRegistry>().Start(JobKind.Ingest, Datastore, WriteAsync);
        return (job, written.Task);

        async Task WriteAsync(IngestJob job)
        {
            try
            {
                var datastore = silo.Get<ClusterDatastores>().Of(Datastore);
                await using var writer = new ShardWriter(grains, datastore, job, TimeProvider.System);
                await writer.AddAsync(silo.DocumentOf(Name, "The animal is a llama."));
                await writer.CompleteAsync();
                written.SetResult(job.Report);
            }
            catch (Exception error)
            {
                written.SetException(error);
            }
        }
    }

    private static async Task<CopyState?> StateAsync(TestSilo silo) =>
        (await silo.CopiesAsync(Datastore))[0] is [_, var second] ? second.State : null;

    private static async Task<bool> HasAsync(TestSilo silo, string name)
    {
        var listing = await silo.CopyOf(name, Datastore, shard: 0).ListAsync(root: null);
        return Array.Exists(listing.Documents, one => one.Document.Path == Name);
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!await condition())
        {
            Assert.True(DateTimeOffset.UtcNow < until, "It did not happen within a minute.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
