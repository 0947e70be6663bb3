using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Telemetry;
using McpLongContext.Inference;

namespace McpLongContext.Context.Answers;

/// <summary>
/// Has the default chat model answer questions from their evidence, within limits of tokens and time.
/// </summary>
/// <param name="readers">How the model comes to an answer, by memory kind.</param>
/// <param name="decoders">The provider that leases the model.</param>
/// <param name="time">The clock of the limits.</param>
internal sealed class AnswerWriter(Func<MemoryKind, IAnswerReader> readers, DecoderProvider decoders, TimeProvider time)
{
    private const string HowToGetOne = "run `mcp-long-context models install tinyllama-chat`";

    /// <summary>Answers a question, or says why not.</summary>
    /// <param name="request">The question.</param>
    /// <param name="evidence">The evidence, best first.</param>
    /// <param name="mode">When an answer is written; by itself only for the first page.</param>
    /// <param name="limit">How long it may take; <see langword="null"/> for what the mode allows.</param>
    /// <param name="progress">Told that the model reads, and about every token.</param>
    /// <param name="cancellation">Ends the waiting at once, and the model at its next token or block of tokens.</param>
    /// <returns><see langword="null"/> where no answer is wanted.</returns>
    /// <exception cref="ContextException">An answer is always wanted, and no chat model is installed.</exception>
    /// <exception cref="ModelException">An answer is always wanted, and the model is damaged or not
    /// supported.</exception>
    public async Task<LocalAnswer?> WriteAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        TimeSpan? limit,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (mode == AnswerMode.Never && request.Memory != MemoryKind.Window)
        {
            throw new ContextException(
                "memory: it is read for an answer; leave it out, or let answer be auto or always."
            );
        }

        if (mode == AnswerMode.Never || (mode == AnswerMode.Auto && request.Cursor is not null))
        {
            return null;
        }

        if (request.Memory != MemoryKind.Window)
        {
            // Whoever names a memory kind wants it to be read.
            mode = AnswerMode.Always;
        }

        if (!decoders.HasChat)
        {
            return mode == AnswerMode.Auto
                ? LocalAnswer.Without(AnswerState.Unavailable, $"No chat model is installed; {HowToGetOne}.")
                : throw new ContextException(
                    request.Memory == MemoryKind.Window
                        ? $"answer: always needs a chat model, and none is installed; {HowToGetOne}, or ask with auto or never."
                        : $"memory: a chat model has to read it, and none is installed; {HowToGetOne}, or leave memory out."
                );
        }

        var start = time.GetTimestamp();
        var answer = await Operation.MeasureAsync(
            Operation.Chat,
            request.Datastore,
            time,
            () => WaitAsync(request, evidence, mode, limit, progress, cancellation)
        );
        return answer with { Seconds = time.GetElapsedTime(start).TotalSeconds };
    }

    /// <summary>
    /// Waits no longer than is allowed. What cannot be broken off, loading and a block of the prompt, ends after
    /// it: a model that was loaded then is there for the next question.
    /// </summary>
    private async Task<LocalAnswer> WaitAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        TimeSpan? limit,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        var wait = limit ?? (mode == AnswerMode.Always ? AnswerLimits.AlwaysWait : AnswerLimits.AutoWait);
        // A client counts from its question on, and gives up with the evidence where nothing has come.
        var searched = limit is null && mode == AnswerMode.Always ? evidence.ElapsedMilliseconds : 0;
        using var timeout = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(Math.Max(0, wait.TotalMilliseconds - searched)),
            time
        );
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        var ending = either.Token;
        try
        {
            return await Task.Run(() => AnswerAsync(request, evidence, progress, ending), ending).WaitAsync(ending);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return LocalAnswer.Without(AnswerState.Unfinished, $"it took longer than {wait.TotalSeconds:0} seconds");
        }
        catch (ModelException error) when (mode == AnswerMode.Auto)
        {
            return LocalAnswer.Without(AnswerState.Unavailable, error.Message);
        }
    }

    private async Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        var reader = readers(request.Memory);
        if (reader.Refuse(request, evidence) is { } refusal)
        {
            return refusal;
        }

        progress?.Report(new AnswerProgress(0));
        using var lease = await decoders.LeaseAsync(name: null, cancellation);
        var decoder = lease.Decoder;
        return decoder.ChatTemplate is null
            ? LocalAnswer.Without(
                AnswerState.Unavailable,
                $"{decoder.Name} only continues texts; {HowToGetOne}.",
                decoder.Name
            )
            : await reader.AnswerAsync(request, evidence, decoder, Tell, cancellation);

        void Tell(int count)
        {
            ContextMeter.CountTokens(Operation.Chat, "output", decoder.Name, 1);
            progress?.Report(new AnswerProgress(count));
        }
    }
}
