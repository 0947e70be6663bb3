using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Jobs;

/// <summary>A memory that a job builds.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Model">The decoder whose memory it is, by the name that it is installed under.</param>
internal sealed record MemoryTarget(MemoryKind Kind, string Model);
