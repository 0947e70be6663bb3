using McpLongContext.Context.Contracts;
using McpLongContext.Context.LongInference.Modes;

namespace McpLongContext.Context.Memories;

/// <summary>The text that a model wrote from a decoder memory.</summary>
/// <param name="Written">The text, and what it cost.</param>
/// <param name="Use">The content of the decoder memory, and where the model looked.</param>
/// <param name="Spans">The spans that it read, most attended first, each with its share as the score.</param>
/// <param name="Window">The window in force, in tokens.</param>
internal sealed record MemoryAnswer(WindowResult Written, MemoryUse Use, IReadOnlyList<Evidence> Spans, int Window);
