namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// The encoder's states of a source of any length: one datastore that serves every head and layer of cross-attention.
/// Thread-safe.
/// </summary>
public interface IEncodedSource
{
    /// <summary>Tokens of the source.</summary>
    public int Tokens { get; }

    /// <summary>Width of a state.</summary>
    public int Dimensions { get; }

    /// <summary>Bytes in RAM that a search reads.</summary>
    public long IndexBytes { get; }

    /// <summary>Parts that are searched side by side.</summary>
    public int Blocks { get; }

    /// <summary>Whether <see cref="Score"/> is off a little, so that more are to be taken than are wanted.</summary>
    public bool IsApproximate { get; }

    /// <summary>The first token of a block, and how many it has.</summary>
    public (int First, int Count) RangeOf(int block);

    /// <summary>The products of queries with all tokens of a block, for choosing among them.</summary>
    /// <param name="block">From 0.</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="scores">[queries, tokens of the block].</param>
    public void Score(int block, ReadOnlySpan<float> queries, Span<float> scores);

    /// <summary>The products of one query with chosen tokens, in fp32.</summary>
    /// <param name="tokens">Tokens of the source.</param>
    /// <param name="query">[dimensions].</param>
    /// <param name="products">One for each token.</param>
    public void Dot(ReadOnlySpan<int> tokens, ReadOnlySpan<float> query, Span<float> products);

    /// <summary>The weighted sum of chosen states.</summary>
    /// <param name="tokens">Tokens of the source.</param>
    /// <param name="weights">The weight of each.</param>
    /// <param name="sum">[dimensions].</param>
    public void Sum(ReadOnlySpan<int> tokens, ReadOnlySpan<float> weights, Span<float> sum);

    /// <summary>States in fp32.</summary>
    /// <param name="first">The first token.</param>
    /// <param name="states">[tokens, dimensions].</param>
    public void Read(int first, Span<float> states);
}
