using System.Collections;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Context.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace McpLongContext.Server.Telemetry;

/// <summary>
/// Exports metrics and traces by OTLP where OpenTelemetry's environment variables name an endpoint. Without one nothing of
/// it is loaded.
/// </summary>
internal static class TelemetryExport
{
    /// <summary>How long the last export may take when the process ends.</summary>
    public static readonly TimeSpan Flush = TimeSpan.FromSeconds(2);

    private const string Prefix = "OTEL_";

    /// <summary>The meter and the source of activities of the protocol's library.</summary>
    private const string Protocol = "Experimental.ModelContextProtocol";

    /// <summary>The attributes of the protocol's metrics that are exported: none of them holds a URI.</summary>
    private static readonly string[] s_protocolAttributes =
    [
        "mcp.method.name",
        "mcp.protocol.version",
        "gen_ai.tool.name",
        "gen_ai.prompt.name",
        "gen_ai.operation.name",
        "error.type",
        "rpc.response.status_code",
        "network.transport",
        "network.protocol.name",
    ];

    /// <summary>Whether a signal is exported.</summary>
    /// <exception cref="ContextException">An endpoint is no URL.</exception>
    public static bool IsConfigured => IsWanted("METRICS") || IsWanted("TRACES");

    /// <summary>Adds the export to a host.</summary>
    /// <param name="builder">The host's builder.</param>
    /// <param name="service">The name of the service, where the environment gives no other.</param>
    /// <param name="version">The version of the service.</param>
    /// <exception cref="ContextException">An endpoint is no URL.</exception>
    public static IHostApplicationBuilder AddTelemetryExport(
        this IHostApplicationBuilder builder,
        string service,
        string version
    )
    {
        var (metrics, traces) = (IsWanted("METRICS"), IsWanted("TRACES"));
        if (metrics || traces)
        {
            Configure(builder, service, version, metrics, traces);
        }

        return builder;
    }

    /// <summary>Whether the environment names an endpoint for a signal, and does not switch it off.</summary>
    private static bool IsWanted(string signal) =>
        !string.Equals(Variable("SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && Variable($"{signal}_EXPORTER") is null or "otlp"
        && (IsUrl($"EXPORTER_OTLP_{signal}_ENDPOINT") || IsUrl("EXPORTER_OTLP_ENDPOINT"));

    private static bool IsUrl(string name) =>
        Variable(name) switch
        {
            null => false,
            var url when Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" => true,
            var text => throw new ContextException(
                $"{Prefix}{name}: '{text}' is no URL; write one as http://localhost:4317, or unset the variable."
            ),
        };

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value ? value : null;

    private static void Configure(
        IHostApplicationBuilder builder,
        string service,
        string version,
        bool metrics,
        bool traces
    )
    {
        // OpenTelemetry reads its variables from the host's configuration, which has none of the environment's others.
        builder.Configuration.AddInMemoryCollection(Variables());
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource
                    .Clear()
                    .AddTelemetrySdk()
                    .AddService(service, serviceVersion: version)
                    .AddEnvironmentVariableDetector()
            );
        if (metrics)
        {
            telemetry.WithMetrics(AddMetrics);
        }

        if (traces)
        {
            telemetry.WithTracing(AddTraces);
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics) =>
        metrics
            .AddMeter($"{ContextMeter.Name}*", Protocol, "System.Runtime", "Microsoft.AspNetCore.Hosting")
            .AddInstrumentation(services => services.GetRequiredService<DatastoreGauges>())
            .AddView(instrument =>
                instrument.Meter.Name == Protocol
                    ? new MetricStreamConfiguration { TagKeys = s_protocolAttributes }
                    : null
            )
            .AddOtlpExporter();

    private static void AddTraces(TracerProviderBuilder traces) =>
        traces
            // The parents of what clients ask over HTTP: without them nothing of it would be sampled.
            .AddSource(ContextMeter.Name, Protocol, "Microsoft.AspNetCore")
            .AddProcessor(new ContentRedaction())
            .AddOtlpExporter();

    private static IEnumerable<KeyValuePair<string, string?>> Variables() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Select(one => KeyValuePair.Create((string)one.Key, (string?)one.Value))
            .Where(one => one.Key.StartsWith(Prefix, StringComparison.Ordinal));
}
