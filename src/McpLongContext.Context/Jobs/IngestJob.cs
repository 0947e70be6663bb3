using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Telemetry;

namespace McpLongContext.Context.Jobs;

/// <summary>
/// An ingest that may outlive the call that started it. Its report is a snapshot that changes as a whole; readers see
/// the latest one, listeners hear of each.
/// </summary>
internal sealed class IngestJob : IDisposable
{
    private const string KindAttribute = "mcp_long_context.job.kind";
    private const string StateAttribute = "mcp_long_context.job.state";

    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _indexed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private IngestReport _report;
    private Action<IngestReport>? _changed;

    public IngestJob(string id, string datastore, TimeProvider time)
    {
        _time = time;
        _started = time.GetTimestamp();
        _report = new IngestReport
        {
            Job = id,
            Datastore = datastore,
            State = IngestState.Indexing,
        };
    }

    public string Id => _report.Job;

    public string Datastore => _report.Datastore;

    /// <summary>The kind of work.</summary>
    public JobKind Kind { get; init; }

    /// <summary>The decoder memory that it builds; <see langword="null"/>: none.</summary>
    public MemoryTarget? Builds { get; init; }

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Ends with the job's work; never faults: the outcome is in <see cref="Report"/>.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Ends when every document is searchable lexically, or the job has ended without.</summary>
    public Task Indexed => _indexed.Task;

    /// <summary>The error that ended the job, if one did.</summary>
    public Exception? Error { get; private set; }

    /// <summary>The latest report, with the time elapsed until now while the job runs.</summary>
    public IngestReport Report
    {
        get
        {
            var report = _report;
            return report.State.IsFinal() ? report : report with { ElapsedSeconds = ElapsedSeconds };
        }
    }

    private double ElapsedSeconds => _time.GetElapsedTime(_started).TotalSeconds;

    public void Start(Func<IngestJob, Task> work) => Completion = Task.Run(() => RunAsync(work));

    public void Cancel() => _cancellation.Cancel();

    public void Update(Func<IngestReport, IngestReport> change)
    {
        lock (_gate)
        {
            _report = change(_report) with { ElapsedSeconds = ElapsedSeconds };
            _changed?.Invoke(_report);
        }
    }

    /// <summary>Everything is searchable lexically from now on.</summary>
    public void MarkIndexed()
    {
        Update(report => report with { SearchableSeconds = ElapsedSeconds, State = IngestState.Encoding });
        _indexed.TrySetResult();
    }

    /// <summary>Calls <paramref name="listener"/> with every new report until the result is disposed.</summary>
    public IDisposable Listen(IProgress<IngestReport>? listener)
    {
        void Forward(IngestReport report) => listener?.Report(report);

        lock (_gate)
        {
            _changed += Forward;
        }

        return new Subscription(() =>
        {
            lock (_gate)
            {
                _changed -= Forward;
            }
        });
    }

    public void Dispose() => _cancellation.Dispose();

    private async Task RunAsync(Func<IngestJob, Task> work)
    {
        var kind = Kind.ToString().ToLowerInvariant();
        using var activity = ContextMeter.Activities.StartActivity($"job {kind}");
        activity?.SetTag(ContextMeter.DataSource, Datastore);
        try
        {
            await work(this);
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            Update(report => report with { State = IngestState.Cancelled });
        }
#pragma warning disable CA1031 // The error belongs to the job's waiters, whoever they are.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Error = error;
            Update(report => report with { State = IngestState.Failed, Notes = [.. report.Notes, error.Message] });
        }
        finally
        {
            _indexed.TrySetResult();
            var state = _report.State.ToString().ToLowerInvariant();
            activity?.SetTag(StateAttribute, state);
            ContextMeter.JobDuration.Record(
                ElapsedSeconds,
                new TagList { { KindAttribute, kind }, { StateAttribute, state } }
            );
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
