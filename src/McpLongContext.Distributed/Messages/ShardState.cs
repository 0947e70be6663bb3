namespace McpLongContext.Distributed.Messages;

/// <summary>The contents of a copy of a shard, in numbers.</summary>
/// <param name="Generation">Counts the changes.</param>
/// <param name="NextPassage">The least id of the next passage.</param>
/// <param name="Digest">Equal for copies that hold the same documents under the same ids.</param>
/// <param name="Documents">Documents.</param>
/// <param name="Passages">Passages.</param>
/// <param name="Pending">Documents without embeddings.</param>
/// <param name="HasEncoder">Whether the silo has an encoder.</param>
/// <param name="EncodingProblem">Why the encoder failed; <see langword="null"/>: it did not.</param>
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
    string? EncodingProblem,
    long Tokens,
    long Bytes,
    long EmbeddingBytes
);
