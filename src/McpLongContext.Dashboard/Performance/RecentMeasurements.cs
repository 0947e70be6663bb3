using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Management;
using McpLongContext.Context.Telemetry;

namespace McpLongContext.Dashboard.Performance;

/// <summary>
/// The latest measurements of this process, of the same instruments that telemetry exports. Thread-safe.
/// </summary>
internal sealed class RecentMeasurements : IDisposable
{
    /// <summary>The span of time that the page shows.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const string ProtocolMeter = "Experimental.ModelContextProtocol";
    private const string ProtocolDuration = "mcp.server.operation.duration";

    /// <summary>Series that are kept; clients choose the names of methods.</summary>
    private const int MostSeries = 128;

    private readonly TimeProvider _time;
    private readonly SearchDevices _devices;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Series> _operations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Series> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _depths = new(StringComparer.Ordinal);

    /// <summary>Listens from now on.</summary>
    /// <param name="gauges">Has the lengths of the queues; they exist as long as it does.</param>
    /// <param name="devices">The devices that search.</param>
    /// <param name="time">The clock.</param>
    public RecentMeasurements(DatastoreGauges gauges, SearchDevices devices, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(gauges);
        _time = time;
        _devices = devices;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            // The sizes of datastores are on their own page, and cost reading them.
            if (
                (
                    instrument.Meter.Name.StartsWith(ContextMeter.Name, StringComparison.Ordinal)
                    && !instrument.Name.StartsWith("mcp_long_context.datastore.", StringComparison.Ordinal)
                ) || (instrument.Meter.Name == ProtocolMeter && instrument.Name == ProtocolDuration)
            )
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The measurements of the last minutes.</summary>
    public PerformanceModel Summarize()
    {
        _listener.RecordObservableInstruments();
        return new PerformanceModel(
            [
                .. _operations
                    .OrderBy(one => one.Key, StringComparer.Ordinal)
                    .Select(one => one.Value.Summarize(one.Key, _time, Window))
                    .Where(one => one.Count > 0),
            ],
            [
                .. _counts
                    .OrderBy(one => one.Key, StringComparer.Ordinal)
                    .Select(one => one.Value.Summarize(one.Key, _time, Window))
                    .Where(one => one.Count > 0),
            ],
            [.. _depths.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new Depth(one.Key, one.Value))],
            _devices.Status
        );
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (instrument.Name)
        {
            case ProtocolDuration:
                Add(_operations, Join(Tag(tags, "mcp.method.name"), Tag(tags, "gen_ai.tool.name")), value);
                break;
            case "gen_ai.client.operation.duration":
                Add(_operations, Tag(tags, ContextMeter.OperationName), value);
                break;
            case "mcp_long_context.job.duration":
                Add(_operations, Join("job", Tag(tags, "mcp_long_context.job.kind")), value);
                break;
            case "gen_ai.client.token.usage":
                var verb = Tag(tags, ContextMeter.TokenType) == "output" ? "written" : "read";
                Add(_counts, $"Tokens {verb}: {Tag(tags, ContextMeter.OperationName)}", value);
                break;
            case "mcp_long_context.search.token_embeddings":
                Add(_counts, "Token embeddings searched", value);
                break;
            case "mcp_long_context.search.passage_embeddings":
                Add(_counts, "Passage embeddings searched", value);
                break;
            case "mcp_long_context.cache.lookups":
                var outcome = Tag(tags, ContextMeter.CacheHit) == bool.TrueString ? "hits" : "misses";
                Add(_counts, $"Cache {outcome}: {Tag(tags, ContextMeter.CacheName)}", value);
                break;
            case "mcp_long_context.jobs.active":
                _depths["Jobs"] = (long)value;
                break;
            case "mcp_long_context.queries.active":
                _depths["Queries"] = (long)value;
                break;
            case "mcp_long_context.decoder.waiting":
                _depths["Waiting for the decoder"] = (long)value;
                break;
        }
    }

    private void Add(ConcurrentDictionary<string, Series> all, string name, double value)
    {
        if (all.TryGetValue(name, out var series) || all.Count < MostSeries)
        {
            (series ?? all.GetOrAdd(name, static _ => new Series())).Add(_time.GetTimestamp(), value);
        }
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first} {second}";

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value?.ToString() ?? "";
            }
        }

        return "";
    }
}
