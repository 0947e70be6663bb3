using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Hosting;
using McpLongContext.Distributed.Tests.Infrastructure;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Tests.Reliability.BadDays;

/// <summary>
/// Silos in processes of their own, with a PostgreSQL, that ingest and answer all the time. What was acknowledged must be
/// found, once, where it was stored.
/// </summary>
internal sealed class LoadedCluster : IAsyncDisposable
{
    private const string Datastore = "notes";

    /// <summary>One may wait for a silo that does not answer.</summary>
    private const int Clients = 2;

    private static readonly TimeSpan s_ending = TimeSpan.FromMinutes(1);

    private readonly Sandbox _sandbox = new();
    private readonly Dictionary<string, SiloProcess> _silos = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<string, string[], Task<SiloProcess>> _start;
    private readonly List<Task> _loads = [];

    private LoadedCluster(PostgresServer postgres, Func<string, string, string, string[], Task<SiloProcess>>? start)
    {
        Postgres = postgres;
        start ??= (name, home, root, options) => SiloProcess.StartAsync(name, home, root, "127.0.0.1", options);
        _start = (name, options) => start(name, _sandbox.Home, _sandbox.Work, options);
        Load = new Load(Datastore, () => Silos);
    }

    /// <summary>The database of the cluster.</summary>
    public PostgresServer Postgres { get; }

    /// <summary>What is ingested and asked.</summary>
    public Load Load { get; }

    /// <summary>The silos, by name.</summary>
    public IReadOnlyDictionary<string, SiloProcess> Silos
    {
        get
        {
            lock (_silos)
            {
                return new Dictionary<string, SiloProcess>(_silos, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Starts silos, and the load on them.</summary>
    /// <param name="names">The names of the silos.</param>
    /// <param name="postgres">Their database, disposed of with this.</param>
    /// <param name="start">Starts one; in a process without more by default.</param>
    public static async Task<LoadedCluster> StartAsync(
        string[] names,
        PostgresServer postgres,
        Func<string, string, string, string[], Task<SiloProcess>>? start = null
    )
    {
        var cluster = new LoadedCluster(postgres, start);
        try
        {
            await Task.WhenAll(names.Select(cluster.StartAsync));
            await cluster.Load.IngestOneAsync();
            await cluster.SettleAsync();
            for (var client = 0; client < Clients; client++)
            {
                cluster._loads.Add(cluster.Load.IngestAsync(cluster._ending.Token));
                cluster._loads.Add(cluster.Load.AskAsync(cluster._ending.Token));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The folder of a silo.</summary>
    public string FolderOf(string silo) => Path.Combine(_sandbox.Home, "silos", silo);

    /// <summary>Starts a silo.</summary>
    public async Task StartAsync(string name)
    {
        var silo = await _start(name, ["--postgres", Postgres.Connection, "--grace", "5", "--shards", "3"]);
        lock (_silos)
        {
            _silos[name] = silo;
        }
    }

    /// <summary>Kills a silo.</summary>
    public async Task KillAsync(string name) => await Take(name).DisposeAsync();

    /// <summary>Tells a silo to end.</summary>
    public async Task EndAsync(string name)
    {
        await using var silo = Take(name);
        await silo.EndAsync(s_ending);
    }

    /// <summary>Waits until every shard has two current copies on silos that run.</summary>
    public async Task SettleAsync()
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(3);
        while (!await IsSettledAsync())
        {
            Assert.True(DateTimeOffset.UtcNow < until, "The copies did not become current within three minutes.");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until the copies that a silo holds are current.</summary>
    public async Task JoinAsync(string silo)
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(3);
        while (
            (await LayoutAsync())!.Shards.SelectMany(copies => copies).Where(copy => copy.Silo == silo).ToList()
                is not { Count: > 0 } held
            || held.Exists(copy => copy.State != CopyState.Current)
        )
        {
            Assert.False(Silos[silo].HasExited, $"Silo '{silo}' has ended.");
            Assert.True(DateTimeOffset.UtcNow < until, $"Silo '{silo}' did not catch up within three minutes.");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends the load and the silos, and holds what is on their disks against what was acknowledged.</summary>
    public async Task VerifyAsync()
    {
        await SettleAsync();
        await _ending.CancelAsync();
        await Task.WhenAll(_loads);
        await Load.AskAllAsync();
        await SettleAsync();
        var layout = (await LayoutAsync())!;
        foreach (var name in Silos.Keys)
        {
            await KillAsync(name);
        }

        var stored = new List<string>();
        for (var shard = 0; shard < layout.Shards.Length; shard++)
        {
            var current = layout.Shards[shard].Where(copy => copy.State == CopyState.Current);
            List<string[]> copies = [.. current.Select(copy => DocumentsOf(copy.Silo, shard))];
            Assert.True(copies.Count >= 2, $"Shard {shard} has {copies.Count} copies.");
            Assert.All(copies, copy => Assert.Equal(copies[0], copy));
            stored.AddRange(copies[0]);
        }

        Assert.Empty(Load.Acknowledged.Select(Load.NameOf).Except(stored.Select(one => one.Split(' ')[0])));
        Assert.Equal(stored.Count, stored.Select(one => one.Split(' ')[1]).Distinct().Count());
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_loads).ContinueWith(static _ => { }, TaskScheduler.Default);
        try
        {
            await Task.WhenAll(Silos.Values.Select(silo => silo.DisposeAsync().AsTask()));
        }
        finally
        {
            await Postgres.DisposeAsync();
            _sandbox.Dispose();
            _ending.Dispose();
        }
    }

    /// <summary>A silo, which gets no more calls.</summary>
    private SiloProcess Take(string name)
    {
        lock (_silos)
        {
            _silos.Remove(name, out var silo);
            return silo!;
        }
    }

    private async Task<bool> IsSettledAsync()
    {
        var running = Silos.Where(silo => !silo.Value.HasExited).Select(silo => silo.Key).ToHashSet();
        return await LayoutAsync() is { } layout
            && Array.TrueForAll(
                layout.Shards,
                copies => copies.Count(copy => copy.State == CopyState.Current && running.Contains(copy.Silo)) >= 2
            );
    }

    private async Task<DatastoreLayout?> LayoutAsync()
    {
        await using var source = PostgresSchema.Open(Postgres.Connection);
        return await new PostgresCatalog(source).FindAsync(Datastore, TestContext.Current.CancellationToken);
    }

    /// <summary>The documents of a copy with the ids of their passages.</summary>
    private string[] DocumentsOf(string silo, int shard)
    {
        using var datastore = new DatastoreHome(FolderOf(silo)).Open($"{Datastore}.shard-{shard}");
        using var snapshot = datastore.Snapshot();
        return
        [
            .. snapshot
                .Documents.All.Select(document => $"{document.Path} {document.FirstPassage} {document.ContentKey}")
                .Order(StringComparer.Ordinal),
        ];
    }
}
