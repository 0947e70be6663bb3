using System.Net;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Management;
using McpLongContext.Context.Retrieval;
using McpLongContext.Dashboard;
using McpLongContext.Dashboard.Cluster;
using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Ingestion;
using McpLongContext.Distributed.Management;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Querying;
using McpLongContext.Distributed.Shards;
using McpLongContext.Server.Http;
using McpLongContext.Server.Resources;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using ModelContextProtocol.Server;
using Orleans.Configuration;

namespace McpLongContext.Distributed.Hosting;

/// <summary>The host of a silo: that of HTTP, whose tools work on the datastores of the cluster.</summary>
internal static class SiloHost
{
    private const string ClusterId = "mcp-long-context";

    /// <summary>How long a silo that is told to stop may take to hand over what it does.</summary>
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(10);

    private static readonly string[] s_librariesOfSilo = ["Orleans", "Polly"];

    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(1);

    /// <summary>A silo that was cut off learns from the membership that the others have given it up, and ends.</summary>
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(5);

    /// <summary>Builds the host.</summary>
    /// <param name="configuration">Settings of file and environment.</param>
    /// <param name="shared">The settings of the machine; a silo keeps its shards in a folder of its own.</param>
    /// <param name="http">How it serves HTTP.</param>
    /// <param name="cluster">How it takes part in the cluster.</param>
    /// <param name="cancellation">Ends the preparation of the database.</param>
    /// <exception cref="ContextException">PostgreSQL cannot be reached.</exception>
    public static async Task<IHost> BuildAsync(
        IConfiguration configuration,
        LongContextOptions shared,
        HttpOptions http,
        ClusterOptions cluster,
        CancellationToken cancellation
    )
    {
        if (cluster.Postgres is { } connection)
        {
            await using var source = PostgresSchema.Open(connection);
            await PostgresSchema.EnsureAsync(source, cancellation);
        }

        var options = shared with
        {
            Home = Path.Combine(shared.Home, "silos", cluster.Name),
            Models = shared.Models ?? Path.Combine(shared.Home, "models"),
        };
        return HttpHost.Build(
            WithLevels(configuration),
            options,
            http,
            hosting =>
            {
                hosting.UseOrleans(silo => Configure(silo, cluster));
                hosting.Services.AddSingleton(cluster);
                if (cluster.Postgres is { } connection)
                {
                    // Made by the container, which disposes of it.
                    hosting.Services.AddSingleton(_ => PostgresSchema.Open(connection));
                    hosting.Services.AddSingleton<ICatalog, PostgresCatalog>();
                }
                else
                {
                    var folder = Path.Combine(shared.Home, "silos", "catalog");
                    hosting.Services.AddSingleton<ICatalog>(_ => new FileCatalog(folder));
                }

                AddCluster(hosting.Services);
            },
            endpoints => Map(endpoints, http)
        );
    }

    private static void Map(IEndpointRouteBuilder endpoints, HttpOptions http)
    {
        BackupEndpoints.Map(endpoints);
        var pages = endpoints.MapClusterDashboard();
        if (http.NeedsToken)
        {
            pages.RequireSession();
        }
    }

    /// <summary>Orleans' warnings are enough, unless the settings ask for more.</summary>
    private static IConfiguration WithLevels(IConfiguration configuration) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                s_librariesOfSilo.Select(name =>
                    KeyValuePair.Create("Serilog:MinimumLevel:Override:" + name, (string?)"Warning")
                )
            )
            .AddConfiguration(configuration)
            .Build();

    private static void AddCluster(IServiceCollection services)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdown);
        services.AddPlacementDirector<NamedSiloPlacement, NamedSiloDirector>();
        services
            .AddSingleton<LiveSilos>()
            .AddSingleton<AbsentSilos>()
            .AddSingleton<SiloStanding>()
            .AddSingleton<NewLayouts>()
            .AddSingleton<ScratchFiles>()
            .AddSingleton<SharedEncoder>()
            .AddSingleton<ShardStores>()
            .AddSingleton<ShardQueries>()
            .AddSingleton<ClusterDatastores>()
            .AddSingleton<CurrentCopies>()
            .AddSingleton<StepTimes>()
            .AddSingleton<CollectionQuery>()
            .AddSingleton<ClusterBackup>()
            .AddSingleton<IClusterOverview, ClusterOverview>()
            .AddHostedService<CopyRepair>()
            .AddHostedService(provider => provider.GetRequiredService<SiloStanding>());
        services.Replace(ServiceDescriptor.Singleton<IRetriever, ClusterRetriever>());
        services.Replace(ServiceDescriptor.Singleton<IIngestor, ClusterIngestor>());
        services.Replace(ServiceDescriptor.Singleton<ISourceWatcher, NoWatcher>());
        services.Replace(ServiceDescriptor.Singleton<IDatastoreManager, ClusterManager>());
        services.RemoveAll<DocumentResources>();
        services.AddOptions<McpServerOptions>().Configure(RefusedCalls.Refuse);
    }

    private static void Configure(ISiloBuilder silo, ClusterOptions cluster)
    {
        if (cluster.Postgres is { } connection)
        {
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.ConnectionString = connection;
            });
            silo.ConfigureEndpoints(cluster.SiloAddress, cluster.SiloPort, cluster.GatewayPort);
            silo.Configure<Orleans.Configuration.ClusterOptions>(options =>
                (options.ClusterId, options.ServiceId) = (ClusterId, ClusterId)
            );
        }
        else
        {
            silo.UseLocalhostClustering(
                cluster.SiloPort,
                cluster.GatewayPort,
                new IPEndPoint(IPAddress.Loopback, cluster.Primary ?? cluster.SiloPort),
                ClusterId,
                ClusterId
            );
        }

        silo.Configure<SiloOptions>(options => options.SiloName = cluster.Name);
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = s_probe;
            options.TableRefreshTimeout = s_refresh;

            // It is the other's clock that tells since when it joins: one that is minutes slow would be evicted at once.
            options.EvictWhenMaxJoinAttemptTimeExceeded = false;
            options.NumMissedProbesLimit = 2;
            options.NumVotesForDeathDeclaration = 1;
        });
    }
}
