namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>A text to encode. The identity of the object tells sequences apart; derive from it to add what belongs to it.</summary>
/// <param name="tokens">Its tokens, without special ones; of any number.</param>
/// <param name="prefix">
/// Tokens that every window begins with, as a heading; they give context and their own states are dropped.
/// </param>
public class TokenSequence(ReadOnlyMemory<int> tokens, ReadOnlyMemory<int> prefix = default)
{
    /// <summary>The tokens, without special ones.</summary>
    public ReadOnlyMemory<int> Tokens { get; } = tokens;

    /// <summary>What every window begins with.</summary>
    public ReadOnlyMemory<int> Prefix { get; } = prefix;
}

/// <summary>The states of a stretch of a sequence; valid during the call that hands it over.</summary>
/// <param name="sequence">The sequence.</param>
/// <param name="start">The first token whose state is here.</param>
/// <param name="states">[tokens, hidden].</param>
public readonly ref struct EncodedStretch(TokenSequence sequence, int start, ReadOnlySpan<float> states)
{
    /// <summary>The sequence.</summary>
    public TokenSequence Sequence { get; } = sequence;

    /// <summary>The first token whose state is here.</summary>
    public int Start { get; } = start;

    /// <summary>[tokens, hidden]: the last layer's hidden states.</summary>
    public ReadOnlySpan<float> States { get; } = states;
}

/// <summary>Takes the states of a stretch: all of a sequence in the order of its tokens, sequences in their order.</summary>
/// <param name="stretch">The states; copy what outlives the call.</param>
public delegate void EncodedStretchHandler(EncodedStretch stretch);
