using System.Collections.Concurrent;
using System.Globalization;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Latencies by kind of call. Thread-safe.</summary>
internal sealed class LatencyTable
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _kinds = new(StringComparer.Ordinal);

    /// <summary>Adds a latency.</summary>
    public void Add(string kind, TimeSpan latency) =>
        _kinds.GetOrAdd(kind, static _ => []).Add(latency.TotalMilliseconds);

    /// <summary>Count, median, 99th percentile and longest of each kind, in milliseconds.</summary>
    public override string ToString() =>
        string.Join(
            "; ",
            _kinds
                .OrderBy(kind => kind.Key, StringComparer.Ordinal)
                .Select(kind =>
                {
                    double[] sorted = [.. kind.Value.Order()];
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"{kind.Key} {sorted.Length}: {sorted[sorted.Length / 2]:0} / {sorted[(int)(sorted.Length * 0.99)]:0} / {sorted[^1]:0} ms"
                    );
                })
        );
}
