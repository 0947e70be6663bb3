using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Catalog;

/// <inheritdoc cref="IDatastoreGrain"/>
[Reentrant]
internal sealed class DatastoreGrain(
    ICatalog catalog,
    LiveSilos silos,
    CurrentCopies current,
    AbsentSilos absent,
    NewLayouts layouts,
    ClusterOptions options,
    TimeProvider time,
    ILogger<DatastoreGrain> logger
) : Grain, IDatastoreGrain, IDisposable
{
    /// <summary>The ids of passages that are recorded as taken at once: those that are left are never given.</summary>
    private const int PassageBlock = 1 << 16;

    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<(int Shard, string Silo), (ulong Own, ulong Newest)> _differing = [];
    private readonly FailingCopies _failing = new(options.Grace, time);
    private DatastoreLayout? _layout;
    private (long Next, long End) _passages;
    private long _moved = time.GetTimestamp();
    private bool _isRepairing;

    private string Name => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellation) =>
        _layout = await catalog.FindAsync(Name, cancellation);

    /// <inheritdoc/>
    public Task<DatastoreLayout?> FindAsync() => Task.FromResult(_layout);

    /// <inheritdoc/>
    public Task<DatastoreLayout> EnsureAsync(int shards) =>
        AloneAsync(async () => _layout ??= await StoreAsync(await layouts.MakeAsync(Name, shards)));

    /// <inheritdoc/>
    public Task<long> ReserveAsync(int count) =>
        AloneAsync(async () =>
        {
            if (_passages.Next + count > _passages.End)
            {
                var next =
                    _passages.End == 0
                        ? Math.Max(_layout!.NextPassage, await HighestPassageAsync(_layout))
                        : _passages.Next;
                var end = next + Math.Max(count, PassageBlock);
                _layout = await StoreAsync(_layout! with { Version = _layout.Version + 1, NextPassage = end });
                _passages = (next, end);
            }

            var first = _passages.Next;
            _passages.Next += count;
            return first;
        });

    /// <inheritdoc/>
    public Task<DatastoreLayout> MarkStaleAsync(int shard, string[] silos)
    {
        logger.LogWarning("Shard {Shard} of {Datastore} has missed a write on {Silos}", shard, Name, silos);
        return ChangeAsync(
            shard,
            copies =>
            {
                ShardCopy[] changed = [.. copies.Select(AsStale)];
                return Array.Exists(changed, copy => copy.State == CopyState.Current)
                    ? changed
                    : throw Unavailable(shard);
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
        absent.Refresh();
        var mayMove = time.GetElapsedTime(_moved) >= options.Grace;
        if (mayMove)
        {
            _moved = time.GetTimestamp();
        }

        for (var shard = 0; shard < (_layout?.Shards.Length ?? 0); shard++)
        {
            try
            {
                await RepairAsync(shard, mayMove);
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

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private async Task RepairAsync(int shard, bool mayMove)
    {
        List<string> alive = [.. silos.Names.Where(silo => !_failing.Contains(shard, silo))];
        var copies = _layout!.Shards[shard];
        List<ShardCopy> reachable = [.. copies.Where(copy => alive.Contains(copy.Silo))];
        if (await ReplacedAsync(shard, reachable) is { Length: > 0 } replaced)
        {
            await MarkStaleAsync(shard, replaced);
            return;
        }

        var all =
            mayMove || reachable.Count < Math.Min(RepairPlan.Copies, alive.Count)
                ? await catalog.ListLayoutsAsync(CancellationToken.None)
                : [];
        var loads = new Lazy<SiloLoads>(() => new SiloLoads(alive, all));
        switch (RepairPlan.Next(shard, copies, alive, IsAwaited, mayMove, loads))
        {
            case RepairStep.CatchUp(var from, var silo):
                await TryAsync(shard, silo, () => CatchUpAsync(shard, from, silo));
                break;
            case RepairStep.Add(var silo):
                await ChangeAsync(shard, before => [.. before, new ShardCopy(silo, CopyState.Stale, 0)]);
                break;
            case RepairStep.Drop(var copy):
                await DropAsync(shard, copy);
                break;
            case RepairStep.Compare when reachable.Count > 1:
                await CompareAsync(shard, reachable);
                break;
        }

        foreach (var copy in reachable.Where(copy => copy.State != CopyState.Stale))
        {
            current.GrainOf(_layout, shard, copy).EncodeAsync().Ignore();
        }

        bool IsAwaited(string silo) => !_failing.Contains(shard, silo) && absent.IsAwaited(silo);
    }

    /// <summary>Does something with a copy; a failure is known from now on.</summary>
    private async Task TryAsync(int shard, string silo, Func<Task> work)
    {
        try
        {
            await work();
            _failing.Remove(shard, silo);
        }
        catch
        {
            _failing.Add(shard, silo);
            throw;
        }
    }

    /// <summary>Takes a copy out of the layout, and then from its disk; the others are current.</summary>
    private async Task DropAsync(int shard, ShardCopy copy)
    {
        await ChangeAsync(
            shard,
            copies =>
            {
                ShardCopy[] left = [.. copies.Where(one => one != copy)];
                return left.Count(one => one.State == CopyState.Current) >= RepairPlan.Copies
                    ? left
                    : throw Unavailable(shard);
            }
        );
        logger.LogInformation("Shard {Shard} of {Datastore} leaves silo {Silo}", shard, Name, copy.Silo);
        await current.GrainOf(_layout!, shard, copy).RemoveAsync();
    }

    /// <summary>
    /// The silos whose disks no longer have the copies that were recorded. They answer nothing, and an empty one must
    /// not be taken for the truth. One that joins is identified when it catches up; until then it has not succeeded.
    /// </summary>
    private async Task<string[]> ReplacedAsync(int shard, List<ShardCopy> reachable)
    {
        var replaced = new List<string>();
        foreach (var copy in reachable.Where(copy => copy.State == CopyState.Current))
        {
            await TryAsync(
                shard,
                copy.Silo,
                async () =>
                {
                    if (await AnyCopyOf(shard, copy.Silo).IdentifyAsync(creates: false) != copy.Identity)
                    {
                        replaced.Add(copy.Silo);
                    }
                }
            );
        }

        return [.. replaced];
    }

    /// <summary>
    /// Lets a copy catch up: it takes writes first, then what it missed is copied, until nothing differs. One that has
    /// missed a write meanwhile stays stale.
    /// </summary>
    private async Task CatchUpAsync(int shard, ShardCopy from, string silo)
    {
        var identity = await AnyCopyOf(shard, silo).IdentifyAsync(creates: true);
        var joining = new ShardCopy(silo, CopyState.Joining, identity);
        await ChangeAsync(shard, copies => [.. copies.Select(copy => copy.Silo == silo ? joining : copy)]);
        var version = _layout!.Version;
        var (source, target) = (current.GrainOf(_layout, shard, from), current.GrainOf(_layout, shard, joining));
        await source.FenceAsync(version);
        await target.FenceAsync(version);
        await target.CatchUpAsync(_layout.KeyOf(shard, from).ToString());

        // A write that has not reached the source yet may have been undone here: it is refused, and sent to both again.
        var caughtUp = await ChangeAsync(shard, copies => copies);
        await source.FenceAsync(caughtUp.Version);
        var (theirs, own) = (await source.DescribeAsync(), await target.DescribeAsync());
        if (theirs.Digest != own.Digest)
        {
            LogDifference(shard, silo, own, theirs);
            return;
        }

        var joined = joining with { State = CopyState.Current };
        var layout = await ChangeAsync(
            shard,
            copies => copies.Contains(from) ? [.. copies.Select(copy => copy == joining ? joined : copy)] : copies
        );
        if (layout.Shards[shard].Contains(joined))
        {
            logger.LogInformation("Silo {Silo} has shard {Shard} of {Datastore}", silo, shard, Name);
        }
    }

    /// <summary>
    /// A silo that died while it wrote may have reached one copy and not the other; nothing of it was acknowledged. Copies
    /// that differ twice without a change between catch up with the one that has the newest passage.
    /// </summary>
    private async Task CompareAsync(int shard, List<ShardCopy> copies)
    {
        var states = await Task.WhenAll(copies.Select(copy => current.GrainOf(_layout!, shard, copy).DescribeAsync()));
        var newest = states.MaxBy(state => state.NextPassage)!;
        foreach (var (copy, state) in copies.Zip(states))
        {
            var key = (shard, copy.Silo);
            var digests = (state.Digest, newest.Digest);
            if (state.Digest == newest.Digest)
            {
                _differing.Remove(key);
            }
            else if (_differing.Remove(key, out var before) && before == digests)
            {
                LogDifference(shard, copy.Silo, state, newest);
                await MarkStaleAsync(shard, [copy.Silo]);
            }
            else
            {
                // A write may be under way.
                _differing[key] = digests;
            }
        }
    }

    private void LogDifference(int shard, string silo, ShardState own, ShardState other) =>
        logger.LogWarning(
            "Shard {Shard} of {Datastore} differs on silo {Silo}: {Own} documents below passage {OwnNext}, elsewhere "
                + "{Other} below {OtherNext}",
            shard,
            Name,
            silo,
            own.Documents,
            own.NextPassage,
            other.Documents,
            other.NextPassage
        );

    /// <summary>The least id above those of all passages that are stored.</summary>
    private async Task<long> HighestPassageAsync(DatastoreLayout layout)
    {
        var highest = await Task.WhenAll(layout.Shards.Select((_, shard) => OfShardAsync(shard)));
        return highest.Max();

        async Task<long> OfShardAsync(int shard)
        {
            try
            {
                var states = await current.AllAsync(layout, shard, copy => copy.DescribeAsync());
                return states.Max(state => state.NextPassage);
            }
            catch (ShardUnavailableException)
            {
                // What its silo has was reserved: the catalog knows it.
                return 1;
            }
        }
    }

    /// <summary>Names the silos to start: the current copies of those that are alive fail for reasons of their own.</summary>
    private ShardUnavailableException Unavailable(int shard)
    {
        var alive = silos.Names;
        List<string> dead =
        [
            .. _layout!
                .Shards[shard]
                .Where(copy => copy.State == CopyState.Current && !alive.Contains(copy.Silo))
                .Select(copy => $"silo '{copy.Silo}'"),
        ];
        var remedy = dead.Count == 0 ? "" : $": start {string.Join(" or ", dead)}, with the disk that has the copy";
        return new($"no copy of shard {shard} of datastore '{Name}' can be written{remedy}");
    }

    /// <summary>The copy that a silo has, whatever its identity.</summary>
    private IShardGrain AnyCopyOf(int shard, string silo) =>
        GrainFactory.GetGrain<IShardGrain>(new ShardKey(silo, Name, shard).ToString());

    private Task<DatastoreLayout> ChangeAsync(int shard, Func<ShardCopy[], ShardCopy[]> change) =>
        AloneAsync(async () => _layout = await StoreAsync(_layout!.With(shard, change(_layout.Shards[shard]))));

    private async Task<T> AloneAsync<T>(Func<Task<T>> work)
    {
        await _changing.WaitAsync();
        try
        {
            return await work();
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
            throw new LayoutChangedException($"the layout of datastore '{Name}' has changed; ask again");
        }

        return layout;
    }
}
