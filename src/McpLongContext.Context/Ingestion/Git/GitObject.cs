namespace McpLongContext.Context.Ingestion.Git;

/// <summary>An object of a repository.</summary>
/// <param name="Type">The type.</param>
/// <param name="Content">The content, without the header.</param>
internal readonly record struct GitObject(GitObjectType Type, byte[] Content)
{
    /// <summary>Longer objects are not read: a commit has a few hundred bytes, a large tree a few hundred thousand.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;
}
