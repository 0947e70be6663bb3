namespace McpLongContext.Storage.Lexical;

/// <summary>
/// The sizes that BM25 reads of a collection. Those of shards add up to those of one datastore that holds everything.
/// </summary>
/// <param name="Passages">Passages that can be cited, N of the inverse document frequency.</param>
/// <param name="Rows">Passages in the lexical index.</param>
/// <param name="Tokens">Tokens in it.</param>
public readonly record struct CollectionStatistics(long Passages, long Rows, long Tokens)
{
    /// <summary>The average length of a passage, in tokens.</summary>
    public double AverageLength => Rows == 0 ? 0 : (double)Tokens / Rows;

    /// <summary>The inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) of a term in n passages.</summary>
    public double InverseDocumentFrequency(long frequency) => LexicalIndex.Idf(frequency, Passages);

    /// <summary>The statistics of both.</summary>
    public static CollectionStatistics operator +(CollectionStatistics left, CollectionStatistics right) =>
        left.Add(right);

    /// <summary>The statistics of both.</summary>
    public CollectionStatistics Add(CollectionStatistics other) =>
        new(Passages + other.Passages, Rows + other.Rows, Tokens + other.Tokens);
}
