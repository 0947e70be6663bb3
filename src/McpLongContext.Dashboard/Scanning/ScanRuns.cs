using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Scanning;

/// <summary>The latest scan of this process; one at a time, because a scan takes all cores.</summary>
internal sealed class ScanRuns(LongInferrer inferrer, ILogger<ScanRuns> logger) : IDisposable
{
    private readonly Lock _gate = new();

    /// <summary>The latest scan; <see langword="null"/> before the first one.</summary>
    public ScanRun? Latest { get; private set; }

    /// <summary>Begins a scan.</summary>
    /// <exception cref="ContextException">Another one is still going on.</exception>
    public void Start(ScanForm form)
    {
        lock (_gate)
        {
            if (Latest is { IsActive: true })
            {
                throw new ContextException("A file is still being scanned; wait for its end, or stop it.");
            }

            Latest?.Dispose();
            var run = new ScanRun(form);
            Latest = run;
            _ = Task.Run(() => run.RunAsync(inferrer, logger));
        }
    }

    public void Dispose() => Latest?.Cancel();
}
