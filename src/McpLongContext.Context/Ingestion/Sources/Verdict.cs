namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>What the rules of a directory say about one of its entries.</summary>
/// <param name="Reason">Why it is left out; <see langword="null"/> when it is not.</param>
internal readonly record struct Verdict(string? Reason)
{
    /// <summary>It is left out, and its directory was reported already.</summary>
    public bool IsUnlisted { get; init; }

    /// <summary>What is stored of it stays, though it is left out here.</summary>
    public bool StaysStored { get; init; }

    /// <summary>Of a directory only what Git tracks is read.</summary>
    public bool OnlyTracked { get; init; }

    /// <summary>How much the user wants a file.</summary>
    public Wanted Wanted { get; init; }
}
