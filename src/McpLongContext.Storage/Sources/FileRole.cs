namespace McpLongContext.Storage.Sources;

/// <summary>The part that a file of a source plays.</summary>
public enum FileRole
{
    /// <summary>The file is a document, or its content says that it is none.</summary>
    Content,

    /// <summary>
    /// A directory, or a file such as an ignore file: it says which files belong to the source.
    /// </summary>
    Structure,

    /// <summary>The file's document was removed on request and stays out of the datastore.</summary>
    Removed,
}
