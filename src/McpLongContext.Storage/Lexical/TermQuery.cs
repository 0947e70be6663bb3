namespace McpLongContext.Storage.Lexical;

/// <summary>A term of a question as FTS5 is asked for it.</summary>
/// <param name="Expression">In FTS5's query language.</param>
/// <param name="Weight">Multiplies its part of the score.</param>
/// <param name="Frequency">The number of passages that match.</param>
public readonly record struct TermQuery(string Expression, float Weight, long Frequency);
