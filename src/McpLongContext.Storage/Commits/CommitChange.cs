namespace McpLongContext.Storage.Commits;

/// <summary>A change of the commits of one source.</summary>
/// <param name="Source">The source, added or replaced.</param>
public sealed record CommitChange(CommitSource Source)
{
    /// <summary>Commits to add; those that are stored stay as they are.</summary>
    public IReadOnlyList<Commit> Add { get; init; } = [];

    /// <summary>The hashes of commits to remove.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];
}
