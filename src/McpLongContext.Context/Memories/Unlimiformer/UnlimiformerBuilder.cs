using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>Encodes the keys of documents, and the values where they are kept.</summary>
internal sealed class UnlimiformerBuilder(
    DecoderProvider decoders,
    QueryPriority questions,
    CurrentUnlimiformer settings
) : IMemoryBuilder
{
    /// <inheritdoc/>
    public MemoryKind Kind => MemoryKind.Unlimiformer;

    /// <inheritdoc/>
    public Task BuildAsync(
        Datastore datastore,
        string? model,
        Action<MemoryProgress> progress,
        CancellationToken cancellation
    ) => new MemoryEncoder(datastore, decoders, questions, settings.Options, model).RunAsync(progress, cancellation);
}
