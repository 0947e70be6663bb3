using System.Net.Sockets;
using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard;
using McpLongContext.Dashboard.Settings;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Hosting;
using McpLongContext.Server.Protocol;
using McpLongContext.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Server;
using Serilog.Events;

namespace McpLongContext.Server.Http;

/// <summary>The host of the server over HTTP: the protocol at <see cref="ProtocolPath"/>, for many clients at once.</summary>
internal static class HttpHost
{
    /// <summary>Where the protocol is.</summary>
    public const string ProtocolPath = "/mcp";

    /// <summary>Where the health is told, without a token.</summary>
    public const string HealthPath = "/health";

    private static readonly TimeSpan s_idleSession = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_resumable = TimeSpan.FromMinutes(5);
    private const long EventMemory = 64 << 20;
    private const int MostConnections = 1024;

    /// <summary>Builds the host; nothing that tools use is created before the first call.</summary>
    /// <param name="configuration">Settings of file and environment.</param>
    /// <param name="options">The validated settings.</param>
    /// <param name="http">The validated settings of HTTP.</param>
    /// <param name="extend">Adds tools, resources and prompts beside those of the product, or replaces what they use.</param>
    /// <param name="map">Adds endpoints, in the place of the dashboard.</param>
    public static IHost Build(
        IConfiguration configuration,
        LongContextOptions options,
        HttpOptions http,
        Action<IHostApplicationBuilder>? extend = null,
        Action<IEndpointRouteBuilder>? map = null
    )
    {
        // Without the defaults of other hosts: no further settings from the environment, no static files.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions
            {
                ApplicationName = typeof(HttpHost).Assembly.GetName().Name,
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder.Configuration.AddConfiguration(configuration);
        builder.AddTelemetryExport(ContextServer.Name, ContextServer.Version);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, http.Address));
        builder
            .Services.Configure<HostOptions>(host => host.ShutdownTimeout = ServerHost.CleanUp)
            .AddLog(configuration, options.Home, LevelAlias.Minimum)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(http)
            .AddLongContext(options)
            .AddContextServer()
            .AddDashboard()
            .AddSingleton<ISettingsStore>(provider => new SavedSettings(
                options.Home,
                configuration,
                provider.GetRequiredService<CurrentUnlimiformer>()
            ))
            .AddProtocol()
            .AddAccess(http)
            .AddRateLimits(http)
            .AddRouting()
            .AddHealthChecks()
            .AddCheck<DataFolderCheck>("data_folder");
        extend?.Invoke(builder);
        return Map(builder.Build(), http, map);
    }

    /// <summary>Starts a host.</summary>
    /// <returns>The URL of the protocol, with the port that was taken.</returns>
    /// <exception cref="ContextException">Nothing can listen on the address.</exception>
    public static async Task<string> StartAsync(IHost host, HttpAddress address, CancellationToken cancellation)
    {
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new ContextException(
                $"--http: nothing can listen on {address}: {error.Message} Give another address or port.",
                error
            );
        }

        var addresses = host
            .Services.GetRequiredService<IServer>()
            .Features.GetRequiredFeature<IServerAddressesFeature>();
        return addresses.Addresses.First() + ProtocolPath;
    }

    /// <summary>Adds the protocol: sessions for clients that shake hands, none for those of 2026-07-28 and later.</summary>
    private static IServiceCollection AddProtocol(this IServiceCollection services)
    {
        services.AddOptions<McpServerOptions>().Configure<IServiceProvider>(ContextServer.Describe);
        services.AddDistributedMemoryCache(cache => cache.SizeLimit = EventMemory);
#pragma warning disable MCP9006 // Sessions are for clients up to 2025-11-25, which cannot resume without them.
        services
            .AddMcpServer()
            .WithHttpTransport(transport =>
            {
                transport.SessionMode = HttpServerSessionMode.StatefulForInitializeClients;
                transport.IdleTimeout = s_idleSession;
            })
            .WithDistributedCacheEventStreamStore(events =>
            {
                events.EventSlidingExpiration = s_resumable;
                events.EventAbsoluteExpiration = s_resumable;
                events.MetadataSlidingExpiration = s_resumable;
                events.MetadataAbsoluteExpiration = s_idleSession;
            });
#pragma warning restore MCP9006
        return services;
    }

    private static void Listen(KestrelServerOptions kestrel, HttpAddress address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = ClientInput.LongestLine;
        if (address.Ip is { } ip)
        {
            kestrel.Listen(ip, address.Port);
        }
        else
        {
            kestrel.ListenLocalhost(address.Port);
        }
    }

    private static WebApplication Map(WebApplication application, HttpOptions http, Action<IEndpointRouteBuilder>? map)
    {
        application.UseMiddleware<OriginCheck>();
        application.UsePublicScheme(http);
        application.UseRouting();
        application.UseAuthentication();
        application.UseAuthorization();
        application.UseRateLimiter();
        application.UseMiddleware<MediaTypeCheck>();
        application.UseMiddleware<SessionLimit>();
        application.MapHealthChecks(HealthPath).AllowAnonymous();
        application.MapMcp(ProtocolPath);
        if (map is not null)
        {
            map(application);
            return application;
        }

        var pages = application.MapDashboard();
        if (http.NeedsToken)
        {
            pages.RequireSession();
        }

        return application;
    }
}
