namespace McpLongContext.Storage.Commits;

/// <summary>A file that a commit touched.</summary>
/// <param name="Status">As <c>git log --name-status</c> has it: A added, D deleted, M modified, T of another
/// type.</param>
/// <param name="Path">The path beneath the root of the working tree, with slashes.</param>
public readonly record struct CommitFile(char Status, string Path);
