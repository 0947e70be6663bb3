namespace McpLongContext.Distributed.Catalog;

/// <summary>How a copy of a shard relates to the others.</summary>
internal enum CopyState
{
    /// <summary>The copy has every acknowledged document; it takes writes and answers questions.</summary>
    Current,

    /// <summary>The copy takes writes and catches up with missed ones; it answers no questions.</summary>
    Joining,

    /// <summary>The copy has missed writes, and takes none until it catches up.</summary>
    Stale,
}
