namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>An ended hypothesis.</summary>
/// <param name="Tokens">From the token that a target begins with on, the end included where there is one.</param>
/// <param name="Rows">Numbers of its tokens in the session; that of the last is missing.</param>
/// <param name="Score">The log-likelihood by the length to a power.</param>
internal sealed record EndedHypothesis(int[] Tokens, IReadOnlyList<int> Rows, double Score)
{
    public FoundTarget ToTarget(int end, bool isPartial)
    {
        var count = Tokens.Length - 1 - (Tokens.Length > 1 && Tokens[^1] == end ? 1 : 0);
        // What a token was chosen by is the row of the one before it.
        return new FoundTarget(Tokens[1..(count + 1)], [.. Rows.Take(count)], Score, isPartial);
    }
}
