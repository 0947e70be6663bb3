using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Memories;

/// <summary>
/// Long inference from a decoder memory: the decoder writes once, in one window, however many documents there are.
/// </summary>
internal static class OneWindow
{
    /// <summary>Refuses what no decoder memory does.</summary>
    /// <exception cref="ContextException">An argument is not valid.</exception>
    public static void RequireGenerate(LongInferenceRequest request)
    {
        if (request.Mode != InferenceMode.Generate)
        {
            throw new ContextException(
                $"memory: only mode generate reads one, not {request.Mode.ToString().ToLowerInvariant()}; leave it out, or use mode generate."
            );
        }
    }

    /// <summary>Refuses a request that does not say what to write, or begins in the middle.</summary>
    /// <exception cref="ContextException">An argument is not valid.</exception>
    public static void RequireInstruction(LongInferenceRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Instruction))
        {
            throw new ContextException(
                "instruction: missing; a memory is searched by what the model is to write about."
            );
        }

        if (request.Cursor is not null)
        {
            throw new ContextException(
                "cursor: a memory is read in one window, which has no continuation; leave it out."
            );
        }
    }

    /// <summary>The report of what was written.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="citation">The citation of the text that was read.</param>
    /// <param name="answer">The written text.</param>
    /// <param name="seconds">The time that it took.</param>
    public static LongInferenceReport Report(string model, string citation, MemoryAnswer answer, double seconds)
    {
        var written = answer.Written;
        var rate = seconds > 0 ? (written.TokensRead + written.NewTokens) / seconds : 0;
        var window = new WindowReport
        {
            Citation = citation,
            FirstToken = 0,
            Tokens = written.Covered,
            TokensRead = written.TokensRead,
            NewTokens = written.NewTokens,
            Perplexity = written.TokenLikelihood.Perplexity,
            EntropyBits = written.TokenLikelihood.EntropyBits,
            Seconds = seconds,
            TokensPerSecond = rate,
            Output = written.Output,
            Partial = written.Partial,
        };
        return new LongInferenceReport
        {
            Mode = InferenceMode.Generate,
            Model = model,
            State = written.Partial ? InferenceState.Cancelled : InferenceState.Complete,
            Window = answer.Window,
            OverlapTokens = 0,
            Windows = [window],
            Tokens = written.Covered,
            Perplexity = window.Perplexity,
            EntropyBits = window.EntropyBits,
            Seconds = seconds,
            TokensPerSecond = rate,
            Memory = answer.Use,
        };
    }
}
