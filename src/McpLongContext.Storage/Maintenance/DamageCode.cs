namespace McpLongContext.Storage.Maintenance;

/// <summary>The kinds of damage that a verification finds.</summary>
public enum DamageCode
{
    /// <summary>The database file itself, which no repair restores.</summary>
    Database,

    /// <summary>A document's entry in the catalog.</summary>
    DocumentEntry,

    /// <summary>Passages of a document.</summary>
    Passages,

    /// <summary>The counter of passages, which would give an id a second time.</summary>
    PassageCounter,

    /// <summary>The lexical index.</summary>
    LexicalIndex,

    /// <summary>Commits of a Git history.</summary>
    Commits,

    /// <summary>The statistics of an encoder, without which its embeddings cannot be read.</summary>
    EmbeddingProfile,

    /// <summary>A segment of embeddings or keys.</summary>
    Segment,

    /// <summary>A compressive memory's entry in the catalog.</summary>
    CompressiveMemoryEntry,

    /// <summary>The file of a compressive memory.</summary>
    CompressiveMemoryFile,
}
