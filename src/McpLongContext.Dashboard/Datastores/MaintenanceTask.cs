using McpLongContext.Dashboard.Rendering;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>Verifying, repairing or compacting a datastore, which may outlive the request that began it.</summary>
/// <param name="name">Distinguishes the task.</param>
/// <param name="title">The work and the datastore.</param>
public sealed class MaintenanceTask(string name, string title)
{
    /// <summary>Distinguishes the task.</summary>
    public string Name => name;

    /// <summary>The work and the datastore.</summary>
    public string Title => title;

    /// <summary>Whether the task still works.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Whether the work ended without an error.</summary>
    public bool IsDone { get; private set; }

    /// <summary>How the work ended, in words; empty while it goes on.</summary>
    public string Outcome { get; private set; } = "";

    /// <summary>Does the work.</summary>
    /// <param name="work">Returns the outcome, in words.</param>
    /// <param name="logger">Told of defects.</param>
    internal async Task RunAsync(Func<Task<string>> work, ILogger logger)
    {
        try
        {
            Outcome = await work();
            IsDone = true;
        }
#pragma warning disable CA1031 // The error belongs to the page, whoever looks at it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Outcome = Refusals.Say(error, logger);
        }
        finally
        {
            IsActive = false;
        }
    }
}
