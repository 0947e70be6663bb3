namespace McpLongContext.LongAttention.LateChunking;

/// <summary>The embeddings of consecutive passages.</summary>
/// <param name="FirstOrdinal">The first passage, counted from 0 within its document.</param>
/// <param name="TokenCounts">How many embeddings belong to each passage, <c>[passages]</c>.</param>
/// <param name="Embeddings">The kept token embeddings, scaled to unit length, <c>[tokens, dimensions]</c>.</param>
/// <param name="Pooled">Each passage's vector, of unit length, <c>[passages, dimensions]</c>.</param>
/// <param name="TokensRead">Tokens that the model read for them, special tokens and context included.</param>
public sealed record EncodedPassages(
    int FirstOrdinal,
    int[] TokenCounts,
    float[] Embeddings,
    float[] Pooled,
    int TokensRead
);

/// <summary>The embeddings of a question.</summary>
/// <param name="Tokens">The token of each embedding, <c>[tokens]</c>.</param>
/// <param name="Embeddings">The kept token embeddings, scaled to unit length, <c>[tokens, dimensions]</c>.</param>
/// <param name="Pooled">The question's vector, of unit length, <c>[dimensions]</c>.</param>
public sealed record EncodedQuery(int[] Tokens, float[] Embeddings, float[] Pooled);
