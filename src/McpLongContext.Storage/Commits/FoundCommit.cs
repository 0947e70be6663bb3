namespace McpLongContext.Storage.Commits;

/// <summary>A commit that was found.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Root">The root of the working tree of its source.</param>
/// <param name="Score">The BM25 score; higher is better, 0 where the commit was named.</param>
public sealed record FoundCommit(Commit Commit, string Root, double Score);
