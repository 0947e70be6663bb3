using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Context.Retrieval;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Asking;

/// <summary>The latest question of this process; one at a time, because a decoder takes all cores.</summary>
internal sealed class AskRuns(LongInferrer inferrer, Retriever retriever, ILogger<AskRuns> logger) : IDisposable
{
    private readonly Lock _gate = new();

    /// <summary>The latest question; <see langword="null"/> before the first one.</summary>
    public AskRun? Latest { get; private set; }

    /// <summary>Begins a question.</summary>
    /// <exception cref="ContextException">Another one is still being answered.</exception>
    public void Start(AskForm form)
    {
        lock (_gate)
        {
            if (Latest is { IsActive: true })
            {
                throw new ContextException("A question is still being answered; wait for its end, or stop it.");
            }

            Latest?.Dispose();
            var run = new AskRun(form);
            Latest = run;
            _ = Task.Run(() => run.RunAsync(inferrer, retriever, logger));
        }
    }

    public void Dispose() => Latest?.Cancel();
}
