namespace McpLongContext.Distributed.Messages;

/// <summary>The counts of a shard for a question, and the finds that need no statistics of the others.</summary>
[GenerateSerializer, Immutable]
internal sealed record ShardStatistics
{
    /// <summary>Equal for copies that hold the same documents under the same ids.</summary>
    [Id(0)]
    public required ulong Digest { get; init; }

    /// <summary>Documents.</summary>
    [Id(1)]
    public required int Documents { get; init; }

    /// <summary>Passages, rows and tokens of the lexical index.</summary>
    [Id(2)]
    public required (long Passages, long Rows, long Tokens) Lexical { get; init; }

    /// <summary>Passages in scope.</summary>
    [Id(3)]
    public required int InScope { get; init; }

    /// <summary>The passages that have each of the terms, <c>[terms]</c>.</summary>
    [Id(4)]
    public required long[] Frequencies { get; init; }

    /// <summary>The passages that contain each of the question's literals, best first, <c>[literals][matches]</c>.</summary>
    [Id(5)]
    public required LiteralMatch[][] Literals { get; init; }

    /// <summary>The passages that were looked at for each of the literals, <c>[literals]</c>.</summary>
    [Id(12)]
    public required int[] Candidates { get; init; }

    /// <summary>The definitions of each of the names, <c>[keys][definitions]</c>.</summary>
    [Id(6)]
    public required ShardSymbol[][] Symbols { get; init; }

    /// <summary>The places of each call of a stack trace, <c>[calls][places]</c>.</summary>
    [Id(7)]
    public required (string Path, int CommonEnd, long? Passage)[][] Frames { get; init; }

    /// <summary>Files that the question names.</summary>
    [Id(8)]
    public required int NamedFiles { get; init; }

    /// <summary>Passages in scope that have embeddings.</summary>
    [Id(9)]
    public int Covered { get; init; }

    /// <summary>The lowest and the highest similarity of a passage embedding.</summary>
    [Id(10)]
    public (float Low, float High) Range { get; init; }

    /// <summary>The nearest passages by their embeddings.</summary>
    [Id(11)]
    public ScoredPassages Nearest { get; init; } = ScoredPassages.None;
}
