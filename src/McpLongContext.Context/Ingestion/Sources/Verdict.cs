namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>The decision of the rules of a directory on one of its entries.</summary>
/// <param name="Reason">Why the entry is left out; <see langword="null"/> when it is not.</param>
internal readonly record struct Verdict(string? Reason)
{
    /// <summary>The entry is left out, and its directory was reported already.</summary>
    public bool IsUnlisted { get; init; }

    /// <summary>The stored content of the entry stays, though it is left out here.</summary>
    public bool StaysStored { get; init; }

    /// <summary>Of a directory only what Git tracks is read.</summary>
    public bool OnlyTracked { get; init; }

    /// <summary>How much the user wants a file.</summary>
    public Wanted Wanted { get; init; }
}
