using McpLongContext.Distributed.Placement;

namespace McpLongContext.Distributed.Catalog;

/// <summary>Since when silos are away, as far as this silo has seen.</summary>
/// <param name="silos">The silos that are alive.</param>
/// <param name="options">How long a silo is waited for.</param>
/// <param name="time">The clock.</param>
internal sealed class AbsentSilos(LiveSilos silos, ClusterOptions options, TimeProvider time)
{
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <summary>Forgets those that are back: should they go away again, they are waited for again.</summary>
    public void Refresh()
    {
        lock (_since)
        {
            foreach (var back in silos.Names)
            {
                _since.Remove(back);
            }
        }
    }

    /// <summary>Whether a silo that is away may be back soon.</summary>
    public bool IsAwaited(string silo)
    {
        lock (_since)
        {
            var now = time.GetTimestamp();
            _since.TryAdd(silo, now);
            return time.GetElapsedTime(_since[silo], now) < options.Grace;
        }
    }
}
