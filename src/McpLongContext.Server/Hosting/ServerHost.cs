using McpLongContext.Context.Contracts;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Protocol;
using McpLongContext.Server.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog.Events;

namespace McpLongContext.Server.Hosting;

/// <summary>The generic host of the server: its configuration, log, services and lifetime.</summary>
internal static class ServerHost
{
    /// <summary>
    /// How long an end may take: a call that does not heed its cancellation, or a client that does not read what it is
    /// sent, must not hold the process.
    /// </summary>
    public static readonly TimeSpan CleanUp = TimeSpan.FromSeconds(0.6);

    /// <summary>Builds the host; nothing that tools use is created before the first call.</summary>
    /// <param name="configuration">Settings of file and environment.</param>
    /// <param name="options">The validated settings.</param>
    /// <param name="streams">Where the client is.</param>
    public static IHost Build(IConfiguration configuration, LongContextOptions options, ClientStreams streams)
    {
        // Without the defaults of other hosts, which watch files and listen to the console.
        var builder = Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings
            {
                ApplicationName = ContextServer.Name,
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder.Configuration.AddConfiguration(configuration);
        builder.AddTelemetryExport(ContextServer.Name, ContextServer.Version);
        builder
            .Services.Configure<HostOptions>(host => host.ShutdownTimeout = CleanUp)
            .AddLog(configuration, options.Home, LevelAlias.Minimum)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(streams)
            .AddSingleton(provider => new ClientLifetime(
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping
            ))
            .AddSingleton<IHostLifetime, ClientHostLifetime>()
            .AddHostedService<McpService>()
            .AddLongContext(options)
            .AddContextServer();
        return builder.Build();
    }
}
