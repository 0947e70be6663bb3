using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace McpLongContext.Server.Http;

/// <summary>The server is healthy while it can write its data folder.</summary>
internal sealed class DataFolderCheck(LongContextOptions options) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        var file = Path.Combine(options.Home, $".health-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(options.Home);
            await using var stream = new FileStream(
                file,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
                }
            );
            await stream.WriteAsync(new byte[1], cancellation);
            await stream.FlushAsync(cancellation);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The data folder cannot be written.", error);
        }
    }
}
