using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Context.Retrieval.Explanations;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Proof;

/// <summary>The latest measurement of this process; one at a time.</summary>
internal sealed class ProofRuns(DatastoreManager datastores, QueryExplainer explainer, ILogger<ProofRuns> logger)
    : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>The latest measurement; <see langword="null"/> before the first one.</summary>
    public ProofRun? Latest { get; private set; }

    /// <summary>Begins a measurement.</summary>
    /// <exception cref="ContextException">Another one still goes on.</exception>
    public void Start(string datastore, IReadOnlyList<ProofQuery> queries)
    {
        lock (_gate)
        {
            if (Latest is { IsActive: true })
            {
                throw new ContextException("A measurement still goes on; wait for its end.");
            }

            var run = new ProofRun(datastore, queries);
            Latest = run;
            _ = Task.Run(() => run.RunAsync(datastores, explainer, logger, _ending.Token));
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }
}
