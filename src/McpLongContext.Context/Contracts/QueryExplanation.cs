namespace McpLongContext.Context.Contracts;

/// <summary>The signals that evidence is ranked by.</summary>
public enum RankingSignal
{
    /// <summary>All signals together, as queries rank.</summary>
    Fused,

    /// <summary>The lexical index (BM25) with the rules of ranking.</summary>
    Lexical,

    /// <summary>The similarity of passage embeddings alone.</summary>
    PassageEmbedding,

    /// <summary>Late interaction (MaxSim) over token embeddings alone.</summary>
    TokenEmbedding,
}

/// <summary>Ranked evidence with the scores of each signal.</summary>
public sealed record QueryExplanation
{
    /// <summary>The evidence, best first.</summary>
    public required IReadOnlyList<ExplainedEvidence> Evidence { get; init; }

    /// <summary>Tokens of the text of the evidence.</summary>
    public int Tokens { get; init; }

    /// <summary>Passages that were searched.</summary>
    public int SearchedPassages { get; init; }

    /// <summary>Milliseconds that the search took; explaining it is not counted.</summary>
    public double ElapsedMilliseconds { get; init; }

    /// <summary>Notes for the user, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A piece of evidence with the scores of its passages.</summary>
/// <param name="Evidence">The evidence.</param>
/// <param name="Passages">The passages that it consists of, in the order of the text.</param>
public sealed record ExplainedEvidence(Evidence Evidence, IReadOnlyList<PassageScores> Passages);

/// <summary>The scores of a passage by each signal, before they are standardized and fused.</summary>
/// <param name="Passage">The id of the passage in this state of the datastore.</param>
/// <param name="StartLine">First line, 1-based.</param>
/// <param name="EndLine">Last line, inclusive.</param>
/// <param name="Lexical">BM25; <see langword="null"/> where the passage has no term of the question.</param>
/// <param name="PassageEmbedding">The similarity of its embedding; <see langword="null"/> without an encoder.</param>
/// <param name="TokenEmbedding">
/// MaxSim, weighted by the rarity of the question's tokens; <see langword="null"/> without an encoder.
/// </param>
public sealed record PassageScores(
    long Passage,
    int StartLine,
    int EndLine,
    double? Lexical,
    double? PassageEmbedding,
    double? TokenEmbedding
);
