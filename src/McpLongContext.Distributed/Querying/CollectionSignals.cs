namespace McpLongContext.Distributed.Querying;

/// <summary>The signals of a collection for a question.</summary>
internal sealed record CollectionSignals
{
    /// <summary>The gains of literals and named places, by passage.</summary>
    public required Dictionary<long, double> Literal { get; init; }

    /// <summary>The gains of definitions.</summary>
    public required Dictionary<long, double> Definitions { get; init; }

    /// <summary>The lexical scores, with what neighbors share.</summary>
    public required Dictionary<long, double> Lexical { get; init; }

    /// <summary>The nearest passages by their embeddings, best first.</summary>
    public required IReadOnlyList<long> Nearest { get; init; }

    /// <summary>The shards of the passages above.</summary>
    public required IReadOnlyDictionary<long, int> ShardOf { get; init; }

    /// <summary>Equal as long as the documents are the same, whichever copies answer.</summary>
    public required ulong Digest { get; init; }

    /// <summary>Documents.</summary>
    public required int Documents { get; init; }

    /// <summary>Passages.</summary>
    public required long Passages { get; init; }

    /// <summary>Passages in scope.</summary>
    public required int InScope { get; init; }

    /// <summary>Passages in scope with embeddings.</summary>
    public required int Covered { get; init; }
}
