using McpLongContext.Context.Retrieval;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Server.Hosting;

/// <summary>
/// Prepares the first query on another thread, once the handshake is answered, which it would delay.
/// </summary>
/// <param name="services">The services of the process.</param>
/// <param name="cancellation">Ends the preparation.</param>
internal sealed class WarmUp(IServiceProvider services, CancellationToken cancellation)
{
    private readonly Lazy<Task> _run = new(() => Task.Run(() => RunAsync(services, cancellation), cancellation));

    /// <summary>Begins, unless it has begun, and waits for nothing.</summary>
    public void Begin() => _ = _run.Value;

    /// <summary>Waits for its end, so that nothing of it stays, for as long as a client's calls get.</summary>
    public Task EndAsync() =>
        _run.IsValueCreated ? Task.WhenAny(_run.Value, Task.Delay(ClientLifetime.Grace)) : Task.CompletedTask;

    private static async Task RunAsync(IServiceProvider services, CancellationToken cancellation)
    {
        try
        {
            await services.GetRequiredService<RetrievalWarmUp>().RunAsync(cancellation);
        }
#pragma warning disable CA1031 // A query says what is wrong; a server that nobody asks serves on.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            services
                .GetRequiredService<ILoggerFactory>()
                .CreateLogger<WarmUp>()
                .LogDebug(error, "The first query is not prepared");
        }
    }
}
