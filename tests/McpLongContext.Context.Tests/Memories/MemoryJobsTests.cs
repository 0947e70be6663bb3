using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Storage;

namespace McpLongContext.Context.Tests.Memories;

/// <summary>A memory that lacks documents names the job that builds it, and no other.</summary>
public sealed class MemoryJobsTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DatastoreRegistry _datastores;
    private readonly JobRegistry _registry = new(TimeProvider.System);
    private readonly MemoryJobs _jobs;

    public MemoryJobsTests()
    {
        _datastores = new DatastoreRegistry(new DatastoreHome(_folder["home"]));
        _datastores.OpenOrCreate("one");
        _datastores.OpenOrCreate("two");
        _jobs = new MemoryJobs(_datastores, _registry, resumes: true);
    }

    [Fact]
    public void The_job_that_builds_a_memory_is_named_again()
    {
        var first = Ensure("one", MemoryKind.Unlimiformer, "a");

        Assert.StartsWith("memory-", first, StringComparison.Ordinal);
        Assert.Equal(first, Ensure("one", MemoryKind.Unlimiformer, "a"));
        Assert.Single(_registry.All());
    }

    [Fact]
    public void A_memory_of_another_kind_model_or_datastore_has_a_job_of_its_own()
    {
        string[] jobs =
        [
            Ensure("one", MemoryKind.Unlimiformer, "a"),
            Ensure("one", MemoryKind.Infini, "a"),
            Ensure("one", MemoryKind.Unlimiformer, "b"),
            Ensure("two", MemoryKind.Unlimiformer, "a"),
        ];

        Assert.Distinct(jobs);
    }

    [Fact]
    public void An_ingest_that_will_build_the_memory_is_named()
    {
        var ingest = _registry.Start(
            JobKind.Ingest,
            "one",
            job => Task.Delay(Timeout.Infinite, job.Cancellation),
            new MemoryTarget(MemoryKind.Infini, "a")
        );

        Assert.Equal(ingest.Id, Ensure("one", MemoryKind.Infini, "a"));
        Assert.NotEqual(ingest.Id, Ensure("one", MemoryKind.Unlimiformer, "a"));
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _datastores.Dispose();
        _folder.Dispose();
    }

    private string Ensure(string datastore, MemoryKind kind, string model) =>
        _jobs.Ensure(datastore, new EndlessBuilder(kind), model)!;

    /// <summary>Builds until it is cancelled.</summary>
    private sealed class EndlessBuilder(MemoryKind kind) : IMemoryBuilder
    {
        public MemoryKind Kind => kind;

        public Task BuildAsync(
            Datastore datastore,
            string? model,
            Action<MemoryProgress> progress,
            CancellationToken cancellation
        ) => Task.Delay(Timeout.Infinite, cancellation);
    }
}
