namespace McpLongContext.Distributed.Messages;

/// <summary>A change of a shard: the documents in one transaction, the source in one before.</summary>
[GenerateSerializer, Immutable]
internal sealed record ShardChange
{
    /// <summary>The version of the layout by which its copies were chosen.</summary>
    [Id(0)]
    public required long LayoutVersion { get; init; }

    /// <summary>Documents to add or replace.</summary>
    [Id(1)]
    public NewShardDocument[] Put { get; init; } = [];

    /// <summary>Paths to remove.</summary>
    [Id(2)]
    public string[] Remove { get; init; } = [];

    /// <summary>The source that is ingested; <see langword="null"/>: none.</summary>
    [Id(3)]
    public string? Source { get; init; }
}
