using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Catalog;

/// <summary>Has the copies of all shards repaired for as long as the silo lives; any silo may.</summary>
internal sealed class CopyRepair(
    ClusterDatastores datastores,
    ClusterOptions options,
    TimeProvider time,
    ILogger<CopyRepair> logger
) : BackgroundService
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _period = options.Grace < s_longest ? options.Grace : s_longest;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(_period, time, stoppingToken);
            try
            {
                foreach (var name in await datastores.ListAsync(stoppingToken))
                {
                    await datastores.Of(name).RepairAsync();
                }
            }
#pragma warning disable CA1031 // The database or a silo is away; the next round tries again.
            catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
            {
                logger.LogWarning("Datastores are not repaired: {Reason}", error.Message);
            }
        }
    }
}
