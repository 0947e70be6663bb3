namespace McpLongContext.Context.Ingestion.Git;

/// <summary>The types of objects, by their numbers in a pack.</summary>
internal enum GitObjectType
{
    Commit = 1,
    Tree = 2,
    Blob = 3,
    Tag = 4,
}
