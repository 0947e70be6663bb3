using McpLongContext.Dashboard.Rendering;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>Verifying, repairing or compacting a datastore, which may outlive the request that began it.</summary>
/// <param name="Name">Distinguishes the task.</param>
/// <param name="Title">The work and the datastore.</param>
public sealed record MaintenanceTask(string Name, string Title)
{
    private Task<string>? _work;

    /// <summary>Whether the task still works.</summary>
    public bool IsActive => _work is { IsCompleted: false };

    /// <summary>Whether the work ended without an error.</summary>
    public bool IsDone => _work is { IsCompletedSuccessfully: true };

    /// <summary>How the work ended, in words; empty while it goes on.</summary>
    public string Outcome { get; private set; } = "";

    /// <summary>Begins the work.</summary>
    /// <param name="work">Returns the outcome, in words.</param>
    internal void Start(Func<Task<string>> work) => _work = RunAsync(work);

    private async Task<string> RunAsync(Func<Task<string>> work)
    {
        try
        {
            return Outcome = await work();
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            Outcome = refusal.Message;
            throw;
        }
        catch (OperationCanceledException)
        {
            Outcome = "Cancelled.";
            throw;
        }
    }
}
