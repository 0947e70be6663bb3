namespace McpLongContext.Storage.Commits;

/// <summary>A source whose commits are stored.</summary>
/// <param name="Path">The path of the source.</param>
/// <param name="Root">The root of the working tree that it lies in.</param>
/// <param name="Head">The commit from which the history was read.</param>
/// <param name="IsComplete">Whether it was read as far as the bound on the number of commits allows.</param>
public sealed record CommitSource(string Path, string Root, string Head, bool IsComplete);
