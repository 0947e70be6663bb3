namespace McpLongContext.Context.Contracts;

/// <summary>Kinds of calls, which a token permits one by one.</summary>
[Flags]
internal enum Scopes
{
    /// <summary>No call.</summary>
    None = 0,

    /// <summary>Calls that store nothing: queries, inference, lists, resources.</summary>
    Read = 1,

    /// <summary>Storing documents.</summary>
    Ingest = 2,

    /// <summary>Removing documents, and changing settings of datastores and models.</summary>
    Admin = 4,

    /// <summary>Every call.</summary>
    All = Read | Ingest | Admin,
}
