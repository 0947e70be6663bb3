using System.Net;
using System.Net.Sockets;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Retrieval;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Hosting;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Http;
using McpLongContext.Storage.Catalog;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A silo in the test's own process, as the program composes it.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private TestSilo(IHost host, Uri url, int siloPort) => (_host, Url, SiloPort) = (host, url, siloPort);

    /// <summary>Where its protocol is.</summary>
    public Uri Url { get; }

    /// <summary>The port at which other silos join it.</summary>
    public int SiloPort { get; }

    /// <summary>Starts a silo.</summary>
    /// <param name="home">The home of the silo.</param>
    /// <param name="root">The working directory and only allowed root.</param>
    /// <param name="encodes">Whether there is an encoder.</param>
    /// <param name="name">The name of the silo.</param>
    /// <param name="primary">The silo that it joins; <see langword="null"/>: it is the first.</param>
    /// <param name="grace">How long copies stay where they are; a minute by default.</param>
    public static async Task<TestSilo> StartAsync(
        string home,
        string root,
        bool encodes = false,
        string name = "silo-a",
        TestSilo? primary = null,
        TimeSpan? grace = null
    )
    {
        var port = FreePort();
        var http = new HttpOptions { Address = HttpAddress.Parse("http://127.0.0.1:0") };
        var host = await SiloHost.BuildAsync(
            new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("Serilog:MinimumLevel:Default", (string?)"Warning")])
                .Build(),
            new LongContextOptions
            {
                Home = home,
                Models = encodes ? LongContextHome.Models : null,
                InstallDefaultEncoder = encodes,
                ResumeEncoding = true,
                WorkingDirectory = root,
                AllowedRoots = [root],
            },
            http,
            new ClusterOptions
            {
                Name = name,
                SiloPort = port,
                Primary = primary?.SiloPort,
                Grace = grace ?? TimeSpan.FromMinutes(1),
            },
            TestContext.Current.CancellationToken
        );
        return new TestSilo(
            host,
            new Uri(await HttpHost.StartAsync(host, http.Address, TestContext.Current.CancellationToken)),
            port
        );
    }

    /// <summary>Makes a datastore of so many shards.</summary>
    public Task CreateAsync(string datastore, int shards) => Get<ClusterDatastores>().Of(datastore).EnsureAsync(shards);

    public Task<IngestReport> IngestAsync(IngestRequest request) =>
        Get<IIngestor>().IngestAsync(request, progress: null, TestContext.Current.CancellationToken);

    public Task<QueryResult> QueryAsync(QueryRequest request) =>
        Get<IRetriever>().QueryAsync(request, TestContext.Current.CancellationToken);

    /// <summary>Stores a text.</summary>
    public Task<IngestReport> IngestAsync(string datastore, string name, string text) =>
        IngestAsync(
            new IngestRequest
            {
                Datastore = datastore,
                Name = name,
                Text = text,
                Wait = null,
            }
        );

    /// <summary>A text, split as the silo does.</summary>
    public NewDocument DocumentOf(string name, string text) =>
        new Indexer(Get<AllowedRoots>(), Get<DocumentPaths>(), TimeProvider.System).PrepareText(name, text);

    /// <summary>The copies of each shard of a datastore, <c>[shards][copies]</c>.</summary>
    public async Task<ShardCopy[][]> CopiesAsync(string datastore) =>
        (await Get<ClusterDatastores>().Of(datastore).FindAsync())!.Shards;

    /// <summary>The grain of a copy, whatever its identity.</summary>
    public IShardGrain CopyOf(string silo, string datastore, int shard) =>
        Get<IGrainFactory>().GetGrain<IShardGrain>(new ShardKey(silo, datastore, shard).ToString());

    /// <summary>Waits until every shard has so many copies, which are current and equal.</summary>
    public async Task SettleAsync(string datastore, int copies)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!await IsSettledAsync(datastore, copies))
        {
            Assert.True(DateTimeOffset.UtcNow < until, "The copies did not become equal within a minute.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await Get<JobRegistry>().DisposeAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private async Task<bool> IsSettledAsync(string datastore, int copies)
    {
        foreach (var (shard, held) in (await CopiesAsync(datastore)).Index())
        {
            if (held.Length != copies || !Array.TrueForAll(held, copy => copy.State == CopyState.Current))
            {
                return false;
            }

            var states = await Task.WhenAll(held.Select(copy => CopyOf(copy.Silo, datastore, shard).DescribeAsync()));
            if (states.DistinctBy(state => state.Digest).Count() != 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
