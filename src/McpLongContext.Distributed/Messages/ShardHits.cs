namespace McpLongContext.Distributed.Messages;

/// <summary>The passages that a shard finds for a question by the statistics of the collection.</summary>
[GenerateSerializer, Immutable]
internal sealed record ShardHits
{
    /// <summary>The best passages by BM25.</summary>
    [Id(0)]
    public required ScoredPassages Lexical { get; init; }

    /// <summary>The passages around the best of them.</summary>
    [Id(1)]
    public required (long Passage, long Document, double Length, bool IsText)[] Surroundings { get; init; }

    /// <summary>The passages of named files.</summary>
    [Id(2)]
    public required long[] NamedFiles { get; init; }

    /// <summary>The best passages by their tokens, where all were scanned.</summary>
    [Id(3)]
    public required ScoredPassages Tokens { get; init; }

    /// <summary>The number of passages in each bin of the range; empty where all were scanned.</summary>
    [Id(4)]
    public required int[] Histogram { get; init; }
}
