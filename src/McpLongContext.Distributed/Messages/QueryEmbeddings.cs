using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Distributed.Messages;

/// <summary>An encoded question, on its way to shards.</summary>
/// <param name="Encoder">The key of the encoder.</param>
/// <param name="Tokens">The ids of the tokens, <c>[tokens]</c>.</param>
/// <param name="Embeddings">Their embeddings, <c>[tokens, dimensions]</c>.</param>
/// <param name="Pooled">The embedding of the question, <c>[dimensions]</c>.</param>
[GenerateSerializer, Immutable]
internal sealed record QueryEmbeddings(string Encoder, int[] Tokens, float[] Embeddings, float[] Pooled)
{
    /// <summary>The question as the retrieval has it.</summary>
    public EncodedQuery ToQuery() => new(Tokens, Embeddings, Pooled);

    /// <summary>An encoded question as a message.</summary>
    public static QueryEmbeddings Of(string encoder, EncodedQuery query) =>
        new(encoder, query.Tokens, query.Embeddings, query.Pooled);
}
