using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>A passage with its score, not merged with its neighbors.</summary>
/// <param name="Id">The passage.</param>
/// <param name="Document">The document that it belongs to.</param>
/// <param name="Score">Relevance; comparable within one question only.</param>
internal sealed record RankedPassage(long Id, StoredDocument Document, double Score);
