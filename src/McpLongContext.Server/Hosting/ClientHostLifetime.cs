using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Hosting;

namespace McpLongContext.Server.Hosting;

/// <summary>
/// The host lives as long as its client: the end of the client's input stops it, as a signal to the process does.
/// </summary>
internal sealed class ClientHostLifetime(ClientLifetime client, IHostApplicationLifetime application)
    : IHostLifetime,
        IDisposable
{
    private readonly CancellationTokenRegistration _end = client.Stopping.Register(application.StopApplication);

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
