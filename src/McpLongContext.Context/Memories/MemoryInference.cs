using McpLongContext.Context.Answers;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.LongInference.Modes;

namespace McpLongContext.Context.Memories;

/// <summary>Lets a model follow an instruction with all documents of a datastore in memory: one window, however many they are.</summary>
internal sealed class MemoryInference(
    MemorySources sources,
    DatastoreRegistry datastores,
    DecoderProvider decoders,
    MemoryReader reader,
    MemoryJobs jobs,
    TimeProvider time
)
{
    /// <summary>Writes once.</summary>
    /// <param name="request">What to write, from which documents.</param>
    /// <param name="progress">Told that it begins, and about every token.</param>
    /// <param name="cancellation">Breaks it off; what was written by then is returned.</param>
    /// <exception cref="ContextException">An argument is not valid, or nothing is in memory yet.</exception>
    public async Task<LongInferenceReport> RunAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        Check(request);
        var name = request.Datastore ?? InferenceSources.DefaultDatastore;
        using var borrowed = await decoders.BorrowAsync(request.Model, cancellation);
        var decoder = borrowed.Decoder;
        var limits = WindowLimits.Of(request, decoder, overlap: 0);
        if (request.Memory == MemoryKind.Infini)
        {
            return await CompressedAsync(request, name, decoder, limits, progress, cancellation);
        }

        var texts = request.Text is null ? request with { Datastore = name } : request;
        using var memory = await sources.OpenAsync(texts, decoder, cancellation);
        var start = time.GetTimestamp();
        Tell(0);
        var instruction = request.Instruction!;
        var answer = await reader.WriteAsync(
            decoder,
            memory,
            new MemoryTask(instruction, instruction, limits.MaxNewTokens, request.Window),
            Tell,
            cancellation
        );
        return Report(
            decoder.Name,
            answer.Spans.Count > 0 ? answer.Spans[0].Citation : name,
            limits with
            {
                Window = answer.Window,
            },
            answer,
            time.GetElapsedTime(start).TotalSeconds
        );

        void Tell(int written) =>
            progress?.Report(new(request.Text is null ? name : request.Name, 1, 1, 1, 1, written, Last: null));
    }

    /// <summary>Writes behind the compressive memory of a datastore, which is of all its documents.</summary>
    private async Task<LongInferenceReport> CompressedAsync(
        LongInferenceRequest request,
        string name,
        LoadedDecoder decoder,
        WindowLimits limits,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        var memory = CompressedScope.Of(datastores.Open(name), decoder.ReadMemory());
        var job = memory is null or { PendingDocuments: > 0 }
            ? jobs.Ensure(name, MemoryKind.Infini, request.Model)
            : null;
        if (memory is null)
        {
            throw new ContextException(
                $"memory: the compressive one of {decoder.Name} holds nothing of datastore '{name}' yet. "
                    + MemoryJobs.Remedy(name, MemoryKind.Infini, job)
            );
        }

        var start = time.GetTimestamp();
        var frame = DecoderKeys.FrameOf(decoder);
        int[] prompt = [.. frame.Before, .. decoder.Tokenizer.Encode(request.Instruction!), .. frame.After];
        if (prompt.Length + limits.MaxNewTokens > decoder.Window)
        {
            throw new ContextException(
                $"instruction: it takes {prompt.Length} tokens and the output {limits.MaxNewTokens} of a window of "
                    + $"{decoder.Window}; shorten it, or let fewer tokens be written."
            );
        }

        using var continuation = new Continuation(decoder, memory.CreateRun());
        var written = await continuation.GoOnAsync(
            prompt,
            limits.MaxNewTokens,
            covered: 0,
            count => progress?.Report(new(name, 1, 1, 1, 1, count, Last: null)),
            cancellation
        );
        var answer = new MemoryAnswer(written, memory.Use(job), [], limits.Window);
        return Report(decoder.Name, name, limits, answer, time.GetElapsedTime(start).TotalSeconds);
    }

    private static LongInferenceReport Report(
        string model,
        string citation,
        WindowLimits limits,
        MemoryAnswer answer,
        double seconds
    )
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
            Perplexity = written.Surprise.Perplexity,
            EntropyBits = written.Surprise.EntropyBits,
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
            Window = limits.Window,
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

    private static void Check(LongInferenceRequest request)
    {
        if (request.Mode != InferenceMode.Generate)
        {
            throw new ContextException(
                $"memory: only mode generate reads one, not {request.Mode.ToString().ToLowerInvariant()}; leave it out, or use mode generate."
            );
        }

        if (request is { Memory: MemoryKind.Infini, Text: not null })
        {
            throw new ContextException(
                "text: a compressive memory holds documents of a datastore; ingest the text, or use memory unlimiformer."
            );
        }

        if (request is { Memory: MemoryKind.Infini } and ({ Document: not null } or { PathGlob: not null }))
        {
            throw new ContextException(
                "document, path_glob: a compressive memory is of the whole datastore, whose documents it cannot tell apart; "
                    + "leave them out, or use memory unlimiformer."
            );
        }

        if (string.IsNullOrWhiteSpace(request.Instruction))
        {
            throw new ContextException(
                "instruction: missing; a memory is searched by what the model is to write about."
            );
        }

        if (request.Cursor is not null)
        {
            throw new ContextException(
                "cursor: a memory is read in one window, which nothing goes on behind; leave it out."
            );
        }
    }
}
