using McpLongContext.Context.Contracts;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Hosting;

/// <summary>
/// Serves MCP to the client until it closes its end or the host stops; calls in flight are canceled then.
/// </summary>
internal sealed class McpService(
    ClientStreams streams,
    ClientLifetime lifetime,
    LongContextOptions options,
    IServiceProvider services,
    ILoggerFactory logging
) : BackgroundService
{
    private readonly ILogger _logger = logging.CreateLogger<McpService>();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batches = new MessageBatches();
        var output = new BatchOutput(new ClientOutput(streams.Output), batches);
        var input = new ClientInput(streams.Input, ClientInput.LongestLine, lifetime);
        await using var transport = new StreamServerTransport(
            new BatchInput(input, batches, output, lifetime),
            output,
            ContextServer.Name,
            logging
        );
        var warmUp = new WarmUp(services, lifetime.Stopping);
        await using var server = ContextServer.Create(transport, services, lifetime, warmUp);
        _logger.LogInformation(
            "McpLongContext {Version} serves; data in {Home}, reads beneath {Roots}",
            ContextServer.Version,
            options.Home,
            options.AllowedRoots
        );
        try
        {
            await server.RunAsync(lifetime.Stopping);
        }
        catch (OperationCanceledException) when (lifetime.Stopping.IsCancellationRequested)
        {
            // Stopped, by the client or the host.
        }

        await warmUp.EndAsync();
        _logger.LogInformation("Stopping");
    }
}
