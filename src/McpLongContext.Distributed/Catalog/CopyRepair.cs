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

    /// <summary>Several rounds in a grace period: a copy that fails is tried again within it.</summary>
    private readonly TimeSpan _period = options.Grace / 2 < s_longest ? options.Grace / 2 : s_longest;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(_period, time, stoppingToken);
            await TryAsync("Datastores are not listed", RepairAllAsync, stoppingToken);
        }
    }

    /// <summary>Repairs one datastore after another; one that fails keeps no later one from its turn.</summary>
    private async Task RepairAllAsync(CancellationToken cancellation)
    {
        foreach (var name in await datastores.ListAsync(cancellation))
        {
            await TryAsync($"Datastore {name} is not repaired", _ => datastores.Of(name).RepairAsync(), cancellation);
        }
    }

    /// <summary>The database or a silo may be away: the next round tries again.</summary>
    private async Task TryAsync(string problem, Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await work(cancellation);
        }
#pragma warning disable CA1031 // An exception would end the silo.
        catch (Exception error) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.LogWarning("{Problem}: {Reason}", problem, error.Message);
        }
    }
}
