using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;

namespace McpLongContext.Context.Memories;

/// <summary>Lets a model follow an instruction with all documents of a datastore in memory: one window, however many they are.</summary>
internal sealed class MemoryInference(
    InferenceSources sources,
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
        using var snapshot = datastores.Open(name).Snapshot();
        var memory = MemoryScope.Of(snapshot, sources.DocumentsOf(snapshot, name, request), decoder.FindKeys());
        var job = memory.PendingDocuments > 0 ? jobs.Ensure(name, request.Model) : null;
        if (memory.Keys is null || memory.Tokens == 0)
        {
            throw new ContextException(
                $"memory: that of {decoder.Name} holds nothing of these documents of datastore '{name}' yet. "
                    + MemoryJobs.Remedy(name, job)
            );
        }

        var start = time.GetTimestamp();
        Tell(0);
        var answer = await reader.WriteAsync(
            decoder,
            memory.Keys,
            snapshot,
            memory.Documents,
            new MemoryTask(request.Instruction!, request.Instruction!, limits.MaxNewTokens),
            Tell,
            cancellation
        );
        return Report(
            decoder.Name,
            limits,
            answer with
            {
                Use = answer.Use with { PendingDocuments = memory.PendingDocuments, Job = job },
            },
            time.GetElapsedTime(start).TotalSeconds
        );

        void Tell(int written) => progress?.Report(new(name, 1, 1, 1, 1, written, Last: null));
    }

    private static LongInferenceReport Report(string model, WindowLimits limits, MemoryAnswer answer, double seconds)
    {
        var written = answer.Written;
        var rate = seconds > 0 ? (written.TokensRead + written.NewTokens) / seconds : 0;
        var window = new WindowReport
        {
            Citation = answer.Spans[0].Citation,
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

        if (request.Text is not null)
        {
            throw new ContextException(
                "text: memory holds documents of a datastore; ingest the text, or leave memory out."
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
