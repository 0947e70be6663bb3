namespace McpLongContext.Distributed.Messages;

/// <summary>A search of a shard by the statistics of the collection.</summary>
[GenerateSerializer, Immutable]
internal sealed record ShardSearch
{
    /// <summary>Passages, rows and tokens of the collection.</summary>
    [Id(0)]
    public required (long Passages, long Rows, long Tokens) Lexical { get; init; }

    /// <summary>The terms to search for, as FTS5 is asked for them, rarest first.</summary>
    [Id(1)]
    public required (string Expression, float Weight, long Frequency)[] Terms { get; init; }

    /// <summary>The inverse document frequencies of the question's terms, <c>[terms]</c>.</summary>
    [Id(2)]
    public required double[] Rarities { get; init; }

    /// <summary>How much each token of the encoded question counts, <c>[tokens]</c>; empty where it is not encoded.</summary>
    [Id(3)]
    public required float[] Weights { get; init; }

    /// <summary>Whether the passages of named files are wanted.</summary>
    [Id(4)]
    public required bool WantsNamedFiles { get; init; }

    /// <summary>
    /// The similarities between which passages are counted, to choose those whose tokens are scanned;
    /// <see langword="null"/>: all are scanned at once.
    /// </summary>
    [Id(5)]
    public (float Low, float High)? Range { get; init; }
}
