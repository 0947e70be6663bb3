namespace McpLongContext.Distributed.Catalog;

/// <summary>Decides how the copies of a shard become as many as wanted, current, and spread evenly over the silos.</summary>
internal static class RepairPlan
{
    /// <summary>The copies of a shard, where there are as many silos.</summary>
    public const int Copies = 2;

    /// <summary>The next step.</summary>
    /// <param name="shard">The number of the shard.</param>
    /// <param name="copies">The copies of the shard.</param>
    /// <param name="alive">The silos that are alive.</param>
    /// <param name="isAwaited">Whether a silo that is away may be back soon: one that restarts is, and another copy would
    /// be made in vain.</param>
    /// <param name="mayMove">Whether a copy may be moved to a silo with a smaller load, or dropped.</param>
    /// <param name="loads">The loads of the silos.</param>
    public static RepairStep Next(
        int shard,
        ShardCopy[] copies,
        IReadOnlyCollection<string> alive,
        Predicate<string> isAwaited,
        bool mayMove,
        Lazy<SiloLoads> loads
    )
    {
        List<ShardCopy> reachable = [.. copies.Where(copy => alive.Contains(copy.Silo))];
        var source = reachable.FindIndex(copy => copy.State == CopyState.Current);
        if (source < 0)
        {
            return new RepairStep.Wait();
        }

        var stale = reachable.FindIndex(copy => copy.State != CopyState.Current);
        if (stale >= 0)
        {
            return new RepairStep.CatchUp(reachable[source], reachable[stale].Silo);
        }

        var awaited = copies.Count(copy => !alive.Contains(copy.Silo) && isAwaited(copy.Silo));
        if (reachable.Count + awaited < Copies && LeastLoaded() is { } missing)
        {
            return new RepairStep.Add(missing);
        }

        if (mayMove && reachable.Count > Copies)
        {
            return new RepairStep.Drop(reachable.MaxBy(copy => loads.Value.Of(copy.Silo)));
        }

        // A third copy on the silo with the smallest load: the surplus one is dropped where the load is largest.
        return
            mayMove
            && reachable.Count == Copies
            && awaited == 0
            && LeastLoaded() is { } least
            && reachable.Max(copy => loads.Value.Of(copy.Silo)) - loads.Value.Of(least) > 1
            ? new RepairStep.Add(least)
            : new RepairStep.Compare();

        string? LeastLoaded() =>
            loads.Value.ByLoad(shard).FirstOrDefault(silo => Array.TrueForAll(copies, copy => copy.Silo != silo));
    }
}
