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

    private ProofRun? _latest;
    private string _visitor = "";

    /// <summary>The latest measurement, if it is of this visitor.</summary>
    /// <param name="visitor">The name of the visitor.</param>
    public ProofRun? LatestOf(string visitor)
    {
        lock (_gate)
        {
            return _visitor == visitor ? _latest : null;
        }
    }

    /// <summary>Begins a measurement.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="queries">The questions.</param>
    /// <param name="visitor">The name of who begins it.</param>
    /// <exception cref="ContextException">Another one still goes on.</exception>
    public void Start(string datastore, IReadOnlyList<ProofQuery> queries, string visitor)
    {
        lock (_gate)
        {
            if (_latest is { IsActive: true })
            {
                throw new ContextException("A measurement still goes on; wait for its end.");
            }

            var run = new ProofRun(datastore, queries);
            (_latest, _visitor) = (run, visitor);
            _ = Task.Run(() => run.RunAsync(datastores, explainer, logger, _ending.Token));
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }
}
