namespace McpLongContext.Distributed.Messages;

/// <summary>A question to a shard.</summary>
/// <param name="Text">The question, as its user wrote it.</param>
/// <param name="PathGlob">Only documents whose path matches.</param>
/// <param name="Terms">The terms to count.</param>
/// <param name="SymbolKeys">The names whose definitions are asked for.</param>
/// <param name="Embeddings">The encoded question; <see langword="null"/> where no encoder is installed.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardRequest(
    string Text,
    string? PathGlob,
    string[] Terms,
    string[] SymbolKeys,
    QueryEmbeddings? Embeddings
);
