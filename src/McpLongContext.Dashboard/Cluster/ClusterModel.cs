namespace McpLongContext.Dashboard.Cluster;

/// <summary>A cluster.</summary>
/// <param name="Silos">The silos that are alive, and those that are away and hold copies, by name.</param>
/// <param name="Copies">The copies of shards, by datastore and shard.</param>
/// <param name="Problem">Why they are not known; empty where they are.</param>
public sealed record ClusterModel(IReadOnlyList<SiloRow> Silos, IReadOnlyList<CopyRow> Copies, string Problem);
