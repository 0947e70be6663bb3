using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Hosting;

namespace McpLongContext.Distributed.Catalog;

/// <summary>
/// Whether the others count on this silo. One that was cut off, or stood still, may have been given up without knowing it:
/// other silos decide about its datastores then, and what this one knows of copies is old. So it answers only when it has
/// found itself in the membership a short time ago, as the holder of a lease does (Gray and Cheriton, Leases, 1989).
/// </summary>
/// <param name="membership">The membership, which ends a silo that finds itself given up.</param>
/// <param name="silos">The silos that are alive, as far as this one knows.</param>
/// <param name="grains">Reaches them.</param>
/// <param name="options">The name of this silo. Without a database all silos are on one machine: none is cut off.</param>
/// <param name="time">The clock.</param>
internal sealed class SiloStanding(
    IClusterMembershipService membership,
    LiveSilos silos,
    IGrainFactory grains,
    ClusterOptions options,
    TimeProvider time
) : BackgroundService
{
    /// <summary>The longest that a silo which was given up goes on answering.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_period = s_lease / 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>The check that all who ask wait for.</summary>
    private Task _check = Task.CompletedTask;

    /// <summary>The time stamp of the last check that succeeded; long ago at first.</summary>
    private long _confirmed = long.MinValue / 2;

    /// <summary>Ends when this silo is known to be counted on; mostly at once.</summary>
    /// <exception cref="ShardUnavailableException">The silo reaches neither the database nor most of the silos.</exception>
    public Task ConfirmAsync(CancellationToken cancellation) =>
        options.Postgres is null || time.GetElapsedTime(Volatile.Read(ref _confirmed)) < s_lease
            ? Task.CompletedTask
            : CheckOnceAsync().WaitAsync(cancellation);

    /// <summary>Checks ahead of the questions, which then need not wait.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Postgres is not null)
        {
            try
            {
                await CheckOnceAsync().WaitAsync(stoppingToken);
            }
            catch (ShardUnavailableException)
            {
                // Whoever asks is told.
            }

            await Task.Delay(s_period, time, stoppingToken);
        }
    }

    private Task CheckOnceAsync()
    {
        lock (_gate)
        {
            return _check.IsCompleted ? _check = CheckAsync() : _check;
        }
    }

    private async Task CheckAsync()
    {
        var begun = time.GetTimestamp();
        using var ending = new CancellationTokenSource(s_lease, time);
        try
        {
            await membership.Refresh(cancellationToken: ending.Token).AsTask().WaitAsync(ending.Token);
        }
#pragma warning disable CA1031 // Whatever is wrong with the database, the other silos may know.
        catch (Exception)
#pragma warning restore CA1031
        {
            begun = time.GetTimestamp();
            await RequireMostAsync();
        }

        Volatile.Write(ref _confirmed, begun);
    }

    /// <summary>
    /// Whoever reaches no database and only the fewer silos may be cut off with them from those that gave this one up: more
    /// than half have to answer, this one among them. A silo takes no calls of one that it knows to be given up.
    /// </summary>
    private async Task RequireMostAsync()
    {
        // Any copy will do, that of a datastore which does not exist, too.
        var others = silos
            .Names.Where(name => name != options.Name)
            .Select(name => grains.GetGrain<IShardGrain>(new ShardKey(name, "none", 0).ToString()))
            .Select(grain => grain.IdentifyAsync(creates: false).WaitAsync(s_patience, time))
            .ToList();
        var missing = (others.Count + 1) / 2;
        if (missing == 0)
        {
            return;
        }

        await foreach (var answer in Task.WhenEach(others))
        {
            missing -= answer.IsCompletedSuccessfully ? 1 : 0;
            if (missing == 0)
            {
                return;
            }
        }

        throw new ShardUnavailableException(
            $"silo '{options.Name}' reaches neither the database nor most of the silos, which may have given it up: ask another one"
        );
    }
}
