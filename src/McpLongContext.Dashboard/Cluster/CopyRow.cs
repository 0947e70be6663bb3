namespace McpLongContext.Dashboard.Cluster;

/// <summary>A copy of a shard.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Shard">The number of the shard, from 0.</param>
/// <param name="Silo">The silo that holds it.</param>
/// <param name="State">How it relates to the others.</param>
/// <param name="Documents">The documents; <see langword="null"/>: it does not answer.</param>
/// <param name="Lag">How many ids of passages the newest copy is ahead.</param>
/// <param name="Pending">Documents without embeddings.</param>
/// <param name="Bytes">Bytes on disk.</param>
public sealed record CopyRow(
    string Datastore,
    int Shard,
    string Silo,
    string State,
    int? Documents,
    long Lag,
    int Pending,
    long Bytes
);
