namespace McpLongContext.LongAttention.LateChunking;

/// <summary>The states of consecutive passages.</summary>
/// <param name="FirstOrdinal">The first passage, counted from 0 within its document.</param>
/// <param name="TokenCounts">How many states belong to each passage, <c>[passages]</c>.</param>
/// <param name="States">The kept token states, scaled to unit length, <c>[tokens, hidden]</c>.</param>
/// <param name="Pooled">Each passage's vector, of unit length, <c>[passages, hidden]</c>.</param>
/// <param name="TokensRead">Tokens that the model read for them, special tokens and context included.</param>
public sealed record EncodedPassages(
    int FirstOrdinal,
    int[] TokenCounts,
    float[] States,
    float[] Pooled,
    int TokensRead
);

/// <summary>The states of a question.</summary>
/// <param name="Tokens">The token of each state, <c>[tokens]</c>.</param>
/// <param name="States">The kept token states, scaled to unit length, <c>[tokens, hidden]</c>.</param>
/// <param name="Pooled">The question's vector, of unit length, <c>[hidden]</c>.</param>
public sealed record EncodedQuestion(int[] Tokens, float[] States, float[] Pooled);
