namespace McpLongContext.Dashboard.Datastores;

/// <summary>The work that goes on.</summary>
/// <param name="Jobs">The jobs, latest first.</param>
/// <param name="Tasks">The maintenance tasks, latest first.</param>
public sealed record ActivityModel(IReadOnlyList<JobProgress> Jobs, IReadOnlyList<MaintenanceTask> Tasks)
{
    /// <summary>Whether anything goes on.</summary>
    public bool IsActive => Jobs.Any(job => job.IsActive) || Tasks.Any(task => task.IsActive);
}
