using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>A passage that a signal has proposed.</summary>
/// <param name="Id">The passage.</param>
/// <param name="Document">The document that it belongs to.</param>
/// <param name="Score">The fused score, with the gain of the literals in it.</param>
internal readonly record struct Candidate(long Id, StoredDocument Document, double Score);
