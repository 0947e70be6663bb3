using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Summaries;
using McpLongContext.Context.Telemetry;
using McpLongContext.Inference;

namespace McpLongContext.Context.Inferrers;

/// <summary>
/// Long inference: reads long texts through a decoder, by the memory kind that a request names, summarizes them by an
/// encoder-decoder, and reads bits or files through a bit model.
/// </summary>
internal sealed class LongInferrer(
    MemoryRegistry memories,
    BitInferrer bits,
    Summarizer summarizer,
    CurrentUnlimiformer settings,
    TimeProvider time
)
{
    /// <summary>
    /// Reads and writes. Canceling does not throw once the first window is begun: the report has what was done, and the
    /// same request continues after it.
    /// </summary>
    /// <param name="request">The texts to read, and the purpose.</param>
    /// <param name="progress">Told about every window that is begun.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="ContextException">An argument is not valid, or no model is installed; the message says
    /// which.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public async Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        var report = await Operation.MeasureAsync(
            Operation.TextCompletion,
            request.Datastore,
            time,
            () => RunAsync(request, progress, cancellation)
        );
        var (read, written) = (
            report.Windows.Sum(one => (long)one.TokensRead),
            report.Windows.Sum(one => one.NewTokens)
        );
        ContextMeter.CountTokens(Operation.TextCompletion, "input", report.Model, read);
        ContextMeter.CountTokens(Operation.TextCompletion, "output", report.Model, written);
        return report;
    }

    private Task<LongInferenceReport> RunAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    ) =>
        request.Bits is not null || request.File is not null ? bits.InferAsync(request, progress, cancellation)
        : request.Mode == InferenceMode.Summarize ? summarizer.SummarizeAsync(request, progress, cancellation)
        : memories[request.Memory ?? Unnamed(request)].InferAsync(request, progress, cancellation);

    /// <summary>
    /// The memory kind of a request that names none; a text continues with its own end unless something is asked of it.
    /// </summary>
    private MemoryKind Unnamed(LongInferenceRequest request) =>
        settings.Options.Enabled && request is { Mode: InferenceMode.Generate, Instruction: not null, Cursor: null }
            ? MemoryKind.Unlimiformer
            : MemoryKind.Window;
}
