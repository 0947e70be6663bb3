using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories;

/// <summary>Builds the decoder memories of a kind.</summary>
internal interface IMemoryBuilder
{
    /// <summary>The kind.</summary>
    public MemoryKind Kind { get; }

    /// <summary>Builds what a datastore lacks, until nothing is pending.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="model">The decoder; <see langword="null"/> for the default one.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops the work; what was published is kept.</param>
    /// <exception cref="ContextException">There is no such model.</exception>
    /// <exception cref="ModelException">The model, or what belongs to it, is damaged.</exception>
    public Task BuildAsync(
        Datastore datastore,
        string? model,
        Action<MemoryProgress> progress,
        CancellationToken cancellation
    );
}
