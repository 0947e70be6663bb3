namespace McpLongContext.Distributed.Catalog;

/// <summary>How a copy of a shard relates to the others.</summary>
internal enum CopyState
{
    /// <summary>It has every acknowledged document; it takes writes and answers questions.</summary>
    Current,

    /// <summary>It takes writes, and catches up with what it missed; it answers no questions.</summary>
    Joining,

    /// <summary>It has missed writes, and takes none until it catches up.</summary>
    Stale,
}
