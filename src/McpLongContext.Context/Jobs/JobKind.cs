namespace McpLongContext.Context.Jobs;

/// <summary>The work of a job; its handle begins with the name.</summary>
internal enum JobKind
{
    /// <summary>Reads files or a text into a datastore, and encodes them.</summary>
    Ingest,

    /// <summary>Encodes the pending documents of a datastore.</summary>
    Encode,

    /// <summary>Builds a decoder memory of a datastore.</summary>
    Memory,
}
