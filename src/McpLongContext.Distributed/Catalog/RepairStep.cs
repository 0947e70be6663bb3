namespace McpLongContext.Distributed.Catalog;

/// <summary>The next thing to do for the copies of a shard.</summary>
internal abstract record RepairStep
{
    /// <summary>No current copy is reachable: nothing can be done.</summary>
    public sealed record Wait : RepairStep;

    /// <summary>A copy catches up with a current one.</summary>
    public sealed record CatchUp(ShardCopy From, string Silo) : RepairStep;

    /// <summary>A silo gets a copy.</summary>
    public sealed record Add(string Silo) : RepairStep;

    /// <summary>A copy is one too many.</summary>
    public sealed record Drop(ShardCopy Copy) : RepairStep;

    /// <summary>All copies are held to be equal.</summary>
    public sealed record Compare : RepairStep;
}
