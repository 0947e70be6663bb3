namespace McpLongContext.Distributed.Messages;

/// <summary>What a copy of a shard holds.</summary>
/// <param name="Generation">Counts its changes.</param>
/// <param name="NextPassage">The least id that its next passage may have.</param>
/// <param name="Digest">Equal for copies that hold the same documents under the same ids.</param>
/// <param name="Documents">Its documents.</param>
/// <param name="Passages">Its passages.</param>
/// <param name="Pending">Documents without embeddings.</param>
/// <param name="HasEncoder">Whether the silo has an encoder.</param>
/// <param name="Tokens">Tokens with embeddings.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="EmbeddingBytes">Bytes of the embeddings.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardState(
    long Generation,
    long NextPassage,
    ulong Digest,
    int Documents,
    int Passages,
    int Pending,
    bool HasEncoder,
    long Tokens,
    long Bytes,
    long EmbeddingBytes
);
