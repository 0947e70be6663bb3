using System.Diagnostics.Metrics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Telemetry;

namespace McpLongContext.Context.Management;

/// <summary>
/// Sizes of the datastores and lengths of the queues, measured when a listener asks for them. Nothing is opened before.
/// </summary>
internal sealed class DatastoreGauges : IDisposable
{
    private const string Document = "{document}";

    /// <summary>A listener asks for one instrument after the other; the datastores are read once for all of them.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private readonly Meter _meter = new(ContextMeter.Name);
    private readonly Lazy<DatastoreManager> _datastores;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private IReadOnlyList<DatastoreSummary> _summaries = [];
    private long? _read;

    /// <summary>Creates the instruments.</summary>
    public DatastoreGauges(
        Lazy<DatastoreManager> datastores,
        Lazy<JobRegistry> jobs,
        Lazy<QueryPriority> queries,
        Lazy<DecoderProvider> decoders,
        TimeProvider time
    )
    {
        (_datastores, _time) = (datastores, time);
        Sizes("mcp_long_context.datastore.size", "By", "Bytes on disk of a datastore.", one => one.Bytes);
        Sizes("mcp_long_context.datastore.documents", Document, "Documents of a datastore.", one => one.Documents);
        Sizes("mcp_long_context.datastore.passages", "{passage}", "Passages of a datastore.", one => one.Passages);
        Sizes(
            "mcp_long_context.datastore.token_embeddings",
            "{embedding}",
            "Token embeddings of a datastore.",
            one => one.Tokens
        );
        Sizes(
            "mcp_long_context.datastore.pending",
            Document,
            "Documents of a datastore that wait for being encoded.",
            one => one.PendingDocuments
        );
        Depth("mcp_long_context.jobs.active", "{job}", "Jobs that run.", () => jobs.Value.All().Count(IsActive));
        Depth("mcp_long_context.queries.active", "{query}", "Queries that run.", () => queries.Value.Running);
        Depth(
            "mcp_long_context.decoder.waiting",
            "{request}",
            "Requests that wait for the decoder.",
            () => decoders.Value.Waiting
        );
    }

    /// <summary>Removes the instruments.</summary>
    public void Dispose() => _meter.Dispose();

    private static bool IsActive(IngestJob job) => !job.Report.State.IsFinal();

    private void Sizes(string name, string unit, string description, Func<DatastoreSummary, long> size) =>
        _meter.CreateObservableUpDownCounter(
            name,
            () =>
                Summaries()
                    .Select(one => new Measurement<long>(
                        size(one),
                        KeyValuePair.Create(ContextMeter.DataSource, (object?)one.Name)
                    )),
            unit,
            description
        );

    private void Depth(string name, string unit, string description, Func<int> depth) =>
        _meter.CreateObservableUpDownCounter(name, depth, unit, description);

    private IReadOnlyList<DatastoreSummary> Summaries()
    {
        lock (_gate)
        {
            if (_read is not { } read || _time.GetElapsedTime(read) > s_fresh)
            {
                _summaries = [.. _datastores.Value.List().Where(one => one.Problem is null)];
                _read = _time.GetTimestamp();
            }

            return _summaries;
        }
    }
}
