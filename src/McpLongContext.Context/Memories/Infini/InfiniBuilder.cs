using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>Reads documents into the compressive memory of a datastore.</summary>
internal sealed class InfiniBuilder(DecoderProvider decoders, QueryPriority questions) : IMemoryBuilder
{
    /// <inheritdoc/>
    public MemoryKind Kind => MemoryKind.Infini;

    /// <inheritdoc/>
    public Task BuildAsync(
        Datastore datastore,
        string? model,
        Action<MemoryProgress> progress,
        CancellationToken cancellation
    ) => new MemoryCompressor(datastore, decoders, questions, model).RunAsync(progress, cancellation);
}
