namespace McpLongContext.Context.Contracts;

/// <summary>How an answer relates to the files on disk at the moment of the question.</summary>
public sealed record FreshnessReport
{
    /// <summary>Whether every file of the ingested sources was searched as it is on disk.</summary>
    public required bool Fresh { get; init; }

    /// <summary>
    /// Paths of changed files that were not read again in time and were left out of the search; the first ones where
    /// there are many. They are read in the background.
    /// </summary>
    public IReadOnlyList<string> Stale { get; init; } = [];

    /// <summary>The number of changed files that were left out.</summary>
    public int StaleCount { get; init; }

    /// <summary>Sources at whose paths nothing exists at present; their documents were left out.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Sources outside the allowed roots, whose documents were searched as they were last read.</summary>
    public IReadOnlyList<string> Unchecked { get; init; } = [];

    /// <summary>The Git working trees of the sources.</summary>
    public IReadOnlyList<GitState> Git { get; init; } = [];

    /// <summary>Files that were read again for this answer.</summary>
    public int Refreshed { get; init; }

    /// <summary>Milliseconds that the comparison and the reading took.</summary>
    public double ElapsedMilliseconds { get; init; }
}

/// <summary>The state of a Git working tree.</summary>
/// <param name="Root">The root of the tree, as citations show paths.</param>
/// <param name="Commit">The commit that is checked out, 40 or 64 hexadecimal digits.</param>
/// <param name="Branch">The branch; <see langword="null"/> where none is checked out.</param>
/// <param name="Dirty">
/// Whether files differ from the commit; <see langword="null"/> where that cannot be told.
/// </param>
public sealed record GitState(string Root, string Commit, string? Branch, bool? Dirty);
