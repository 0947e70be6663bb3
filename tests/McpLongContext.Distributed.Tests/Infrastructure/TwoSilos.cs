using McpLongContext.Context.Contracts;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>Two silos with a datastore of one shard, whose second copy is made by catching up.</summary>
public sealed class TwoSilos : IAsyncLifetime
{
    /// <summary>The datastore.</summary>
    internal const string Datastore = "docs";

    private readonly Sandbox _sandbox = new();
    private TestSilo? _first;
    private TestSilo? _second;

    /// <summary>The silo that has ingested.</summary>
    internal TestSilo First => _first!;

    /// <summary>The silo that has caught up.</summary>
    internal TestSilo Second => _second!;

    /// <summary>The working directory of both.</summary>
    internal string Work => _sandbox.Work;

    public async ValueTask InitializeAsync()
    {
        Corpus.Copy(Work, "docs/decisions");
        _first = await TestSilo.StartAsync(_sandbox.Home, Work);
        await First.CreateAsync(Datastore, shards: 1);
        await First.IngestAsync(
            new IngestRequest
            {
                Datastore = Datastore,
                Paths = [Work],
                Wait = null,
            }
        );
        _second = await TestSilo.StartAsync(_sandbox.Home, Work, name: "silo-b", primary: First);
        await First.SettleAsync(Datastore, copies: 2);
    }

    public async ValueTask DisposeAsync()
    {
        await Second.DisposeAsync();
        await First.DisposeAsync();
        _sandbox.Dispose();
    }
}
