using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Catalog;

/// <inheritdoc cref="IDatastoreGrain"/>
[Reentrant]
internal sealed class DatastoreGrain(ICatalog catalog, LiveSilos silos, ILogger<DatastoreGrain> logger)
    : Grain,
        IDatastoreGrain,
        IDisposable
{
    /// <summary>The copies of a shard, where there are as many silos.</summary>
    private const int Copies = 2;

    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<(int Shard, string Silo), ShardState> _differing = [];
    private DatastoreLayout? _layout;
    private long _nextPassage;
    private bool _isRepairing;

    private string Name => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellation) =>
        _layout = await catalog.FindAsync(Name, cancellation);

    /// <inheritdoc/>
    public Task<DatastoreLayout?> FindAsync() => Task.FromResult(_layout);

    /// <inheritdoc/>
    public async Task<DatastoreLayout> EnsureAsync(int shards)
    {
        await _changing.WaitAsync();
        try
        {
            return _layout ??= await StoreAsync(New(shards));
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<long> ReserveAsync(int count)
    {
        if (_nextPassage == 0)
        {
            // Every copy that is current has the highest id of its shard.
            var states = await Task.WhenAll(_layout!.Shards.Select((copies, shard) => DescribeAnyAsync(shard, copies)));
            _nextPassage = Math.Max(_nextPassage, states.Max(state => state.NextPassage));
        }

        var first = _nextPassage;
        _nextPassage += count;
        return first;
    }

    /// <inheritdoc/>
    public Task MarkStaleAsync(int shard, string[] silos)
    {
        logger.LogWarning("Shard {Shard} of {Datastore} has missed a write on {Silos}", shard, Name, silos);
        return ChangeAsync(
            shard,
            copies =>
            {
                ShardCopy[] changed = [.. copies.Select(AsStale)];
                return Array.Exists(changed, copy => copy.State == CopyState.Current)
                    ? changed
                    : throw Unavailable(shard, "written");
            }
        );

        ShardCopy AsStale(ShardCopy copy) => silos.Contains(copy.Silo) ? copy with { State = CopyState.Stale } : copy;
    }

    /// <inheritdoc/>
    public async Task RepairAsync()
    {
        if (_isRepairing)
        {
            return;
        }

        _isRepairing = true;
        for (var shard = 0; shard < (_layout?.Shards.Length ?? 0); shard++)
        {
            try
            {
                await RepairAsync(shard);
            }
#pragma warning disable CA1031 // The next round tries again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                logger.LogWarning("Shard {Shard} of {Datastore} is not repaired: {Reason}", shard, Name, error.Message);
            }
        }

        _isRepairing = false;
    }

    /// <summary>The layout of a new datastore over the silos that are alive.</summary>
    private DatastoreLayout New(int shards)
    {
        var names = silos.Names;
        return new DatastoreLayout(
            Name,
            1,
            [
                .. Enumerable
                    .Range(0, shards)
                    .Select(shard =>
                        Order(names, shard)
                            .Take(Copies)
                            .Select(silo => new ShardCopy(silo, CopyState.Current))
                            .ToArray()
                    ),
            ]
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private async Task RepairAsync(int shard)
    {
        var alive = silos.Names;
        var copies = _layout!.Shards[shard];
        var reachable = copies.Where(copy => alive.Contains(copy.Silo)).ToList();
        if (reachable.Find(copy => copy.State == CopyState.Current) is not { Silo: not null } source)
        {
            return;
        }

        if (reachable.Find(copy => copy.State != CopyState.Current) is { Silo: not null } stale)
        {
            await CatchUpAsync(shard, source.Silo, stale.Silo);
        }
        else if (
            reachable.Count < Copies
            && Order(alive, shard).FirstOrDefault(silo => copies.All(copy => copy.Silo != silo)) is { } other
        )
        {
            await ChangeAsync(shard, before => [.. before, new ShardCopy(other, CopyState.Stale)]);
        }
        else if (reachable.Count > 1)
        {
            await CompareAsync(shard, reachable);
        }
    }

    /// <summary>
    /// Lets a copy catch up: it takes writes first, then what it missed is copied, until nothing differs.
    /// </summary>
    private async Task CatchUpAsync(int shard, string from, string to)
    {
        await ChangeAsync(shard, copies => With(copies, to, CopyState.Joining));
        await CopyOf(from, shard).FenceAsync(_layout!.Version);
        await CopyOf(to, shard).FenceAsync(_layout.Version);
        await CopyOf(to, shard).CatchUpAsync(new ShardKey(from, Name, shard).ToString());
        var (theirs, own) = (await CopyOf(from, shard).DescribeAsync(), await CopyOf(to, shard).DescribeAsync());
        if (theirs.Digest == own.Digest)
        {
            await ChangeAsync(shard, copies => With(copies, to, CopyState.Current));
            logger.LogInformation("Silo {Silo} has shard {Shard} of {Datastore}", to, shard, Name);
        }
    }

    /// <summary>
    /// A silo that died while it wrote may have reached one copy and not the other; nothing of it was acknowledged. Copies
    /// that differ twice without a change between catch up with the first.
    /// </summary>
    private async Task CompareAsync(int shard, List<ShardCopy> copies)
    {
        var states = await Task.WhenAll(copies.Select(copy => CopyOf(copy.Silo, shard).DescribeAsync()));
        for (var i = 1; i < copies.Count; i++)
        {
            var key = (shard, copies[i].Silo);
            if (states[i].Digest == states[0].Digest)
            {
                _differing.Remove(key);
            }
            else if (_differing.Remove(key, out var before) && before == states[i])
            {
                await MarkStaleAsync(shard, [copies[i].Silo]);
            }
            else
            {
                _differing[key] = states[i];
            }
        }
    }

    private async Task<ShardState> DescribeAnyAsync(int shard, ShardCopy[] copies)
    {
        foreach (var copy in copies.Where(copy => copy.State == CopyState.Current && silos.Find(copy.Silo) is not null))
        {
            return await CopyOf(copy.Silo, shard).DescribeAsync();
        }

        throw Unavailable(shard, "read");
    }

    private ShardUnavailableException Unavailable(int shard, string done) =>
        new(
            $"no copy of shard {shard} of datastore '{Name}' can be {done}: start "
                + string.Join(" or ", _layout!.Shards[shard].Select(copy => $"silo '{copy.Silo}'"))
        );

    private IShardGrain CopyOf(string silo, int shard) =>
        GrainFactory.GetGrain<IShardGrain>(new ShardKey(silo, Name, shard).ToString());

    private async Task ChangeAsync(int shard, Func<ShardCopy[], ShardCopy[]> change)
    {
        await _changing.WaitAsync();
        try
        {
            _layout = await StoreAsync(_layout!.With(shard, change(_layout.Shards[shard])));
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<DatastoreLayout> StoreAsync(DatastoreLayout layout)
    {
        if (!await catalog.TryStoreAsync(layout, CancellationToken.None))
        {
            // During a partition another activation of this grain may have changed it.
            DeactivateOnIdle();
            throw new ShardUnavailableException($"the layout of datastore '{Name}' has changed; ask again");
        }

        return layout;
    }

    private static ShardCopy[] With(ShardCopy[] copies, string silo, CopyState state) =>
        [.. copies.Select(copy => copy.Silo == silo ? copy with { State = state } : copy)];

    /// <summary>The silos in the order in which they hold a shard: neighbors take neighbors, so that all hold as many.</summary>
    private static IEnumerable<string> Order(IReadOnlyList<string> names, int shard) =>
        Enumerable.Range(0, names.Count).Select(i => names[(shard + i) % names.Count]);
}
