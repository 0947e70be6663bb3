using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;

namespace McpLongContext.Context.Tests.Telemetry;

/// <summary>What listeners hear of an ingest and a query.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Prefix = "McpLongContext";
    private const string Word = "zirconium";
    private const string Name = "ytterbium";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("telemetry-");
    private readonly ConcurrentQueue<(string Instrument, double Value, string Tags)> _measured = new();
    private readonly ConcurrentQueue<Activity> _activities = new();

    private string Root => Path.Combine(_folder.FullName, "documents");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Sizes_durations_tokens_and_lookups_are_measured_and_no_text_query_or_path_is_told()
    {
        Directory.CreateDirectory(Root);
        var cancellation = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(Path.Combine(Root, $"{Name}.md"), $"The {Word} is in the cellar.\n", cancellation);
        using var meters = ListenToMeters();
        using var activities = ListenToActivities();
        await using (var service = TestService.Create(_folder.FullName, Root))
        {
            var gauges = service.Get<DatastoreGauges>();
            await service.IngestAsync(
                new IngestRequest
                {
                    Paths = [Root],
                    Datastore = "metals",
                    Wait = null,
                },
                progress: null,
                cancellation
            );
            var query = new QueryRequest { Question = $"Where is the {Word}?", Datastore = "metals" };
            Assert.NotEmpty((await service.QueryAsync(query, cancellation)).Evidence);
            await Assert.ThrowsAnyAsync<Exception>(() =>
                service.QueryAsync(query with { MaxTokens = 1 }, cancellation)
            );
            meters.RecordObservableInstruments();
            gauges.Dispose();
        }

        Assert.Equal(1, Last("mcp_long_context.datastore.documents", "metals"));
        Assert.True(Last("mcp_long_context.datastore.size", "metals") > 0);
        Assert.Equal(0, Last("mcp_long_context.datastore.pending", "metals"));
        Assert.True(Sum("gen_ai.client.token.usage", "embeddings", "input") > 0);
        Assert.True(Sum("gen_ai.client.operation.duration", "retrieval") > 0);
        Assert.Contains(_measured, one => one.Tags.Contains("error.type", StringComparison.Ordinal));
        Assert.True(Sum("mcp_long_context.search.token_embeddings") > 0);
        Assert.True(Sum("mcp_long_context.search.passage_embeddings") > 0);
        Assert.True(Sum("mcp_long_context.cache.lookups", "embeddings", "True") > 0);
        Assert.True(Sum("mcp_long_context.job.duration", "ingest", "complete") > 0);
        Assert.Contains(_activities, one => one.DisplayName == "retrieval" && one.Status == ActivityStatusCode.Error);
        Assert.Contains(_activities, one => one.DisplayName == "job ingest");
        var told = string.Join('\n', _measured.Select(one => one.Tags).Concat(_activities.Select(Tell)));
        Assert.All(
            (string[])[Word, Name, _folder.FullName],
            secret => Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase)
        );
    }

    private static string Tell(Activity activity) =>
        $"{activity.DisplayName} {activity.StatusDescription} "
        + string.Join(' ', activity.TagObjects)
        + string.Join(' ', activity.Events.Select(one => $"{one.Name} {string.Join(' ', one.Tags)}"))
        + string.Join(' ', activity.Baggage);

    private double Sum(string instrument, params string[] tags) =>
        _measured.Where(one => Is(one, instrument, tags)).Sum(one => one.Value);

    private double Last(string instrument, params string[] tags) =>
        _measured.Last(one => Is(one, instrument, tags)).Value;

    private static bool Is((string Instrument, double Value, string Tags) one, string instrument, string[] tags) =>
        one.Instrument == instrument && tags.All(tag => one.Tags.Contains(tag, StringComparison.Ordinal));

    private MeterListener ListenToMeters()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        return listener;

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray())));
    }

    private ActivityListener ListenToActivities()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name.StartsWith(Prefix, StringComparison.Ordinal),
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
