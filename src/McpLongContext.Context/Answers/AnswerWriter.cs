using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Models;

namespace McpLongContext.Context.Answers;

/// <summary>Has the default chat model answer questions from their evidence, within limits of tokens and time.</summary>
internal sealed class AnswerWriter(DatastoreRegistry datastores, DecoderProvider decoders, TimeProvider time)
{
    private const string HowToGetOne = "run `mcp-long-context models install tinyllama-chat`";

    /// <summary>Answers a question, or says why not.</summary>
    /// <param name="request">The question.</param>
    /// <param name="evidence">What was found for it, best first.</param>
    /// <param name="mode">When an answer is written; by itself only for the first page.</param>
    /// <param name="progress">Told that the model reads, and about every token.</param>
    /// <param name="cancellation">Ends the waiting at once, and the model at its next token or block of tokens.</param>
    /// <returns><see langword="null"/> where no answer is wanted.</returns>
    /// <exception cref="ContextException">An answer is always wanted, and no chat model is installed.</exception>
    /// <exception cref="ModelException">An answer is always wanted, and the model is damaged or not supported.</exception>
    public async Task<LocalAnswer?> WriteAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (mode == AnswerMode.Never || (mode == AnswerMode.Auto && request.Cursor is not null))
        {
            return null;
        }

        if (!decoders.HasChat)
        {
            return mode == AnswerMode.Auto
                ? Without(AnswerState.Unavailable, $"No chat model is installed; {HowToGetOne}.")
                : throw new ContextException(
                    $"answer: always needs a chat model, and none is installed; {HowToGetOne}, or ask with auto or never."
                );
        }

        var start = time.GetTimestamp();
        var answer = await WaitAsync(request, evidence, mode, progress, cancellation);
        return answer with { Seconds = time.GetElapsedTime(start).TotalSeconds };
    }

    /// <summary>
    /// Waits no longer than the mode allows. What cannot be broken off, loading and a block of the prompt, ends behind
    /// it: a model that was loaded then is there for the next question.
    /// </summary>
    private async Task<LocalAnswer> WaitAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        var wait = mode == AnswerMode.Always ? AnswerLimits.AlwaysWait : AnswerLimits.AutoWait;
        using var timeout = new CancellationTokenSource(wait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        var ending = limit.Token;
        try
        {
            return await Task.Run(() => AnswerAsync(request, evidence, progress, ending), ending).WaitAsync(ending);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Without(AnswerState.Unfinished, $"it took longer than {wait.TotalSeconds:0} seconds");
        }
        catch (ModelException error) when (mode == AnswerMode.Auto)
        {
            return Without(AnswerState.Unavailable, error.Message);
        }
    }

    private async Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (IsThin(request, evidence))
        {
            return Without(AnswerState.Abstained, "the evidence speaks of too little of the question");
        }

        progress?.Report(new AnswerProgress(0));
        using var borrowed = await decoders.BorrowAsync(name: null, cancellation);
        var decoder = borrowed.Decoder;
        if (decoder.ChatTemplate is not { } template)
        {
            return Without(
                AnswerState.Unavailable,
                $"{decoder.Name} only continues texts; {HowToGetOne}.",
                decoder.Name
            );
        }

        var room = Math.Min(AnswerLimits.MaxPromptTokens, decoder.Window - AnswerLimits.MaxTokens);
        if (AnswerPrompt.Create(template, request.Question, evidence.Passages, room) is not { } prompt)
        {
            return Without(AnswerState.Abstained, "the question leaves no room for evidence", decoder.Name);
        }

        cancellation.ThrowIfCancellationRequested();
        using var continuation = new Continuation(decoder);
        var written = await continuation.RunAsync(
            prompt.Tokens,
            AnswerLimits.MaxTokens,
            covered: 0,
            count => progress?.Report(new AnswerProgress(count)),
            cancellation
        );
        cancellation.ThrowIfCancellationRequested();
        var verdict = AnswerSupport.Judge(written.Output!, request.Question, prompt.Passages);
        return verdict.Reason is { } reason
            ? Without(AnswerState.Abstained, reason, decoder.Name)
            : new LocalAnswer
            {
                State = AnswerState.Answered,
                Text = verdict.Text,
                Citations = verdict.Citations,
                Model = decoder.Name,
            };
    }

    private bool IsThin(QueryRequest request, QueryResult evidence)
    {
        if (evidence.Passages.Count == 0)
        {
            return true;
        }

        using var snapshot = datastores.Open(request.Datastore).Snapshot();
        return EvidenceStrength.Of(snapshot, request.Question, evidence.Passages) < EvidenceStrength.Least;
    }

    private static LocalAnswer Without(AnswerState state, string reason, string? model = null) =>
        new()
        {
            State = state,
            Reason = reason,
            Model = model,
        };
}
