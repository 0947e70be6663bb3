using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Inference.Generation;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>A writing task for a model with a token memory.</summary>
/// <param name="Asked">The text that the token memory is searched by.</param>
/// <param name="Wording">The instruction after the spans that the model reads.</param>
/// <param name="MaxTokens">The most tokens to write.</param>
/// <param name="Window">The window in force, in tokens; <see langword="null"/>: that of the settings, or the
/// model's.</param>
internal sealed record MemoryTask(string Asked, string Wording, int MaxTokens, int? Window = null)
{
    /// <summary>Told every piece of the text as it is written.</summary>
    public Action<string>? Wrote { get; init; }
}

/// <summary>
/// Lets a decoder write from its token memory through retrieval attention, as the settings say, and tells what it took.
/// </summary>
internal sealed class MemoryReader(CurrentUnlimiformer settings, TimeProvider time, ILogger<MemoryReader> logger)
{
    /// <summary>The fewest tokens that are worth reading.</summary>
    private const int LeastTokens = 32;

    private UnlimiformerOptions Options => settings.Options;

    /// <summary>Writes from a token memory.</summary>
    /// <param name="decoder">The model, leased.</param>
    /// <param name="memory">The model's token memory; not empty.</param>
    /// <param name="task">The writing task.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <exception cref="ContextException">The question leaves no room in the model's window.</exception>
    public async Task<MemoryAnswer> WriteAsync(
        LoadedDecoder decoder,
        OpenMemory memory,
        MemoryTask task,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        using var reading = await Task.Run(() => Begin(decoder, memory, task, cancellation), cancellation);
        // The reading owns the sequence, so that the writer is not disposed of.
        var writer = new GreedyDecoder(decoder.Model, decoder.Tokenizer, reading.Run) { Wrote = task.Wrote };
        var result = await writer.ContinueAsync(reading.Prompt.ToArray(), task.MaxTokens, written, cancellation);
        var report = reading.Report();
        logger.LogInformation("{Model} read from memory: {Report}", decoder.Name, report);
        var attended = report.Spans.OrderByDescending(span => span.Share).ToList();
        var evidence = attended.ConvertAll(span => memory.Cite(span.Span) with { Score = span.Share });
        return new MemoryAnswer(
            WindowResult.Of(result, report.Spans.Sum(span => span.Span.Count)),
            UseOf(memory, report, evidence.Zip(attended, LinesOf)),
            evidence,
            WindowOf(decoder, task)
        );
    }

    /// <summary>Begins a sequence that reads a token memory for a task.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    internal RetrievalReading Begin(
        LoadedDecoder decoder,
        OpenMemory memory,
        MemoryTask task,
        CancellationToken cancellation
    )
    {
        var keys = DecoderKeys.Ensure(decoder, Options, cancellation);
        var prompt = new RetrievalPrompt(
            keys.Frame.Before,
            [],
            decoder.Tokenizer.Encode("\n\n"),
            [.. decoder.Tokenizer.Encode($"\n\n{task.Wording}"), .. keys.Frame.After]
        );
        var reader = new RetrievalReader(decoder.Model, decoder.Tokenizer, keys.Layout, keys.Encoder, keys.ThreadPool)
        {
            Window = WindowOf(decoder, task),
            Retrieves = Options.Knn,
            Time = time,
        };
        return reader.RoomBeside(prompt, task.MaxTokens) < LeastTokens
            ? throw new ContextException(
                $"question: it takes {prompt.Tokens} tokens and its answer {task.MaxTokens} of a window of "
                    + $"{reader.Window}, which leaves no room for what is read from memory; ask a shorter one, or let "
                    + "fewer tokens be written."
            )
            : reader.Begin(memory.Texts, task.Asked, prompt, Options.ReadingMode, task.MaxTokens, cancellation);
    }

    private int WindowOf(LoadedDecoder decoder, MemoryTask task) =>
        task.Window
        ?? (
            Options.ContextWindowSize is not { } set ? decoder.Window
            : set <= decoder.Window ? set
            : throw new ContextException(
                $"Unlimiformer:context_window_size: {set} found, but the window of {decoder.Name} has {decoder.Window} "
                    + "tokens; set it to that or less, or to nothing."
            )
        );

    private static MemoryUse UseOf(OpenMemory memory, ReadingReport report, IEnumerable<AttendedLines> spans) =>
        new()
        {
            Kind = MemoryKind.Unlimiformer,
            Title = UnlimiformerMemory.Title,
            Mode = report.Mode,
            Whole = report.IsWhole,
            Tokens = report.Tokens,
            PendingDocuments = memory.PendingDocuments,
            Job = memory.Job,
            Spans = [.. spans],
            LocalShare = report.LocalAttention,
            IndexBytes = report.Bytes,
            DatastoreBytes = memory.DatastoreBytes,
            SearchSeconds = report.Retrieval.TotalSeconds,
            SearchShare = report.TimeShare,
            LayerSearchSeconds = report.Searches.Any(one => one > TimeSpan.Zero)
                ? [.. report.Searches.Select(one => one.TotalSeconds)]
                : [],
            Note = memory.Note,
        };

    private static AttendedLines LinesOf(Evidence shown, AttendedSpan span) =>
        new(shown.Citation, span.Span.Count, span.Share);
}
