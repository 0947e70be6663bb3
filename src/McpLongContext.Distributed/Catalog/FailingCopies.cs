namespace McpLongContext.Distributed.Catalog;

/// <summary>
/// Copies that cannot be repaired although their silos are alive, because of a full disk perhaps. After a grace period they
/// count as away, so that another silo gets a copy; they are tried again from time to time.
/// </summary>
/// <param name="grace">The grace period, and the time between attempts.</param>
/// <param name="time">The clock.</param>
internal sealed class FailingCopies(TimeSpan grace, TimeProvider time)
{
    private readonly Dictionary<(int Shard, string Silo), (long Since, long Last)> _failing = [];

    /// <summary>Whether a copy counts as away.</summary>
    public bool Contains(int shard, string silo) =>
        _failing.TryGetValue((shard, silo), out var failed)
        && time.GetElapsedTime(failed.Since) > grace
        && time.GetElapsedTime(failed.Last) < grace;

    /// <summary>An attempt has failed.</summary>
    public void Add(int shard, string silo)
    {
        var now = time.GetTimestamp();
        _failing[(shard, silo)] = (_failing.TryGetValue((shard, silo), out var failed) ? failed.Since : now, now);
    }

    /// <summary>An attempt has succeeded.</summary>
    public void Remove(int shard, string silo) => _failing.Remove((shard, silo));
}
