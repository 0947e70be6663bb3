namespace McpLongContext.Storage.Commits;

/// <summary>A commit of a Git history: who changed which files, when, and the message that says why.</summary>
public sealed record Commit
{
    /// <summary>The object name, 40 or 64 hexadecimal digits in lower case.</summary>
    public required string Hash { get; init; }

    /// <summary>The date of the author, with the author's offset from UTC.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The time of the commit, which orders commits, in seconds since 1970.</summary>
    public required long Committed { get; init; }

    /// <summary>The name of the author.</summary>
    public required string Author { get; init; }

    /// <summary>The first paragraph of the message, in one line.</summary>
    public required string Subject { get; init; }

    /// <summary>The message after the subject; may be empty.</summary>
    public string Body { get; init; } = "";

    /// <summary>The files that it touched; the first ones where there are many, none where that is not known.</summary>
    public IReadOnlyList<CommitFile> Files { get; init; } = [];

    /// <summary>The number of files that it touched, at least.</summary>
    public int FileCount { get; init; }
}
