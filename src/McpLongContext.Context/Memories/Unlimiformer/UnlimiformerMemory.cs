using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Summaries;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>The keys of every token of a datastore, which the decoder reads by its own retrieval attention.</summary>
internal sealed class UnlimiformerMemory(
    MemorySources sources,
    MemoryReader reader,
    UnlimiformerBuilder builder,
    DecoderProvider decoders,
    TimeProvider time
) : IMemory
{
    /// <summary>The term for it.</summary>
    public const string Title = "token memory";

    /// <summary>Spans that an answer cites at most: what its attention used most.</summary>
    private const int MaxCitations = 3;

    /// <inheritdoc/>
    public LocalAnswer? Refuse(QueryRequest request, QueryResult evidence) => null;

    /// <inheritdoc/>
    public async Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        LoadedDecoder decoder,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var documents = new LongInferenceRequest { Datastore = request.Datastore, PathGlob = request.PathGlob };
        OpenMemory memory;
        try
        {
            memory = await sources.OpenAsync(documents, decoder, cancellation);
        }
        catch (MemoryEmptyException error)
        {
            return LocalAnswer.Without(AnswerState.Unavailable, error.Message, decoder.Name);
        }

        using var open = memory;
        var answer = await reader.WriteAsync(
            decoder,
            memory,
            new MemoryTask(
                request.Question,
                "Answer the question in one short sentence, from the passages above alone. If they do not answer it, write "
                    + $"\"{AnswerPrompt.NotThere}\".\nQuestion: {request.Question}",
                AnswerLimits.MaxTokens
            ),
            written,
            cancellation
        );
        cancellation.ThrowIfCancellationRequested();
        var verdict = AnswerSupport.Judge(answer.Written.Output!, request.Question, answer.Spans);
        return verdict.ToAnswer(decoder.Name) with
        {
            Citations = verdict.Reason is null
                ? [.. answer.Spans.Select(span => span.Citation).Distinct().Take(MaxCitations)]
                : [],
            Memory = answer.Use,
        };
    }

    /// <inheritdoc/>
    public MemoryKind Kind => MemoryKind.Unlimiformer;

    /// <inheritdoc/>
    public IMemoryBuilder Builder => builder;

    /// <inheritdoc/>
    public IEnumerable<MemorySummary> Summarize(DatastoreSnapshot snapshot, DatastoreStatistics statistics) =>
        statistics
            .Encoders.Where(encoder => encoder.Precision == EmbeddingPrecision.Key)
            .Select(encoder => (Encoder: encoder, Layer: KeyName.Parse(encoder.Encoder)?.LayerBegin))
            .Select(one => new MemorySummary(
                DecoderIdentity.ModelOf(one.Encoder.Encoder),
                snapshot.Keys(one.Encoder.Encoder)?.Tokens ?? 0,
                one.Encoder.Bytes,
                PendingDocuments.Count(snapshot, one.Encoder.Encoder)
            )
            {
                Kind = Kind,
                Title = SourceName.Is(one.Encoder.Encoder) ? Summarizer.Title : Title,
                Variant = one.Layer is { } layer ? $"KV cache from layer {layer} on" : null,
                LayerBegin = one.Layer,
            });

    /// <inheritdoc/>
    public async Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        OneWindow.RequireGenerate(request);
        OneWindow.RequireInstruction(request);
        var name = request.Datastore ?? InferenceSources.DefaultDatastore;
        using var lease = await decoders.LeaseAsync(request.Model, cancellation);
        var decoder = lease.Decoder;
        var limits = WindowLimits.Of(request, decoder, overlap: 0);
        var texts = request.Text is null ? request with { Datastore = name } : request;
        using var memory = await sources.OpenAsync(texts, decoder, cancellation);
        var start = time.GetTimestamp();
        Tell(0);
        var instruction = request.Instruction!;
        var answer = await reader.WriteAsync(
            decoder,
            memory,
            new MemoryTask(instruction, instruction, limits.MaxNewTokens, request.Window) { Wrote = request.Wrote },
            Tell,
            cancellation
        );
        return OneWindow.Report(
            decoder.Name,
            answer.Spans.Count > 0 ? answer.Spans[0].Citation : name,
            answer,
            time.GetElapsedTime(start).TotalSeconds
        );

        void Tell(int written) =>
            progress?.Report(new(request.Text is null ? name : request.Name, 1, 1, 1, 1, written, Last: null));
    }
}
