using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Storage;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Context.Memories;

/// <summary>
/// A way for a decoder to read more than its window holds, in a folder of its own: how it is built, what of a datastore
/// is in it, how a question is answered and a long text written from it.
/// </summary>
internal interface IMemory : IAnswerReader
{
    /// <summary>The name that requests give it.</summary>
    public MemoryKind Kind { get; }

    /// <summary>Builds it; <see langword="null"/> where nothing is kept.</summary>
    public IMemoryBuilder? Builder { get; }

    /// <summary>A summary for each model of what is kept of a datastore, and how many documents are pending.</summary>
    /// <param name="snapshot">The datastore at a moment.</param>
    /// <param name="statistics">The datastore's statistics.</param>
    public IEnumerable<MemorySummary> Summarize(DatastoreSnapshot snapshot, DatastoreStatistics statistics);

    /// <summary>Writes from long texts.</summary>
    /// <param name="request">The text to write, and the texts to write from.</param>
    /// <param name="progress">Told about every window that is begun, and every token that is written.</param>
    /// <param name="cancellation">Breaks it off; what was done by then is returned.</param>
    /// <exception cref="ContextException">
    /// An argument is not valid, or nothing is in the decoder memory yet.
    /// </exception>
    public Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    );
}
