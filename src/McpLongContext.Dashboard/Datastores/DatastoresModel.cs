using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>All datastores, and what goes on.</summary>
/// <param name="Datastores">The datastores, by name.</param>
/// <param name="Activity">The work that goes on.</param>
public sealed record DatastoresModel(IReadOnlyList<DatastoreSummary> Datastores, ActivityModel Activity)
{
    /// <summary>The path of the ingest that was refused.</summary>
    public string Path { get; init; } = "";

    /// <summary>The datastore of the ingest that was refused.</summary>
    public string Datastore { get; init; } = "default";

    /// <summary>Why the ingest was refused; empty when none was.</summary>
    public string Refusal { get; init; } = "";
}
