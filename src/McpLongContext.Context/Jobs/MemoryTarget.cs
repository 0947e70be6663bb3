using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Jobs;

/// <summary>A decoder memory that a job builds.</summary>
/// <param name="Kind">The memory kind.</param>
/// <param name="Model">The decoder that the memory is of, by the name that it is installed under.</param>
internal sealed record MemoryTarget(MemoryKind Kind, string Model);
