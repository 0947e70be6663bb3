using McpLongContext.Dashboard.Rendering;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>Verifying, repairing or compacting a datastore, which may outlive the request that began it.</summary>
/// <param name="name">Distinguishes the task.</param>
/// <param name="work">The work, in a word.</param>
/// <param name="datastore">The datastore.</param>
public sealed class MaintenanceTask(string name, string work, string datastore)
{
    /// <summary>Distinguishes the task.</summary>
    public string Name => name;

    /// <summary>The work and the datastore.</summary>
    public string Title => $"{work} {datastore}";

    /// <summary>The work, in a word.</summary>
    public string Work => work;

    /// <summary>The datastore.</summary>
    public string Datastore => datastore;

    /// <summary>Whether the task still works.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Whether the work ended without an error.</summary>
    public bool IsDone { get; private set; }

    /// <summary>How the work ended, in words; empty while it goes on.</summary>
    public string Outcome { get; private set; } = "";

    /// <summary>Does the work.</summary>
    /// <param name="run">Returns the outcome, in words.</param>
    /// <param name="logger">Told of defects.</param>
    internal async Task RunAsync(Func<Task<string>> run, ILogger logger)
    {
        try
        {
            Outcome = await run();
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
