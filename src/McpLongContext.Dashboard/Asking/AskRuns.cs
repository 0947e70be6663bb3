using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Context.Retrieval;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Asking;

/// <summary>The latest question of this process; one at a time, because a decoder takes all cores.</summary>
internal sealed class AskRuns(LongInferrer inferrer, Retriever retriever, ILogger<AskRuns> logger) : IDisposable
{
    private readonly Lock _gate = new();

    private AskRun? _latest;
    private string _visitor = "";

    /// <summary>The latest question, if it is of this visitor.</summary>
    /// <param name="visitor">The name of the visitor.</param>
    public AskRun? LatestOf(string visitor)
    {
        lock (_gate)
        {
            return _visitor == visitor ? _latest : null;
        }
    }

    /// <summary>Begins a question.</summary>
    /// <param name="form">The question.</param>
    /// <param name="visitor">The name of who asks.</param>
    /// <exception cref="ContextException">Another one is still being answered.</exception>
    public void Start(AskForm form, string visitor)
    {
        lock (_gate)
        {
            if (_latest is { IsActive: true })
            {
                throw new ContextException("A question is still being answered; wait for its end, or stop it.");
            }

            _latest?.Dispose();
            var run = new AskRun(form);
            (_latest, _visitor) = (run, visitor);
            _ = Task.Run(() => run.RunAsync(inferrer, retriever, logger));
        }
    }

    public void Dispose() => _latest?.Cancel();
}
