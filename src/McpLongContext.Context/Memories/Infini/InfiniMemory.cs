using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Inference.Generation;
using McpLongContext.Storage;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>
/// The compressive memory of a datastore, of one size whatever was read into it. An answer is written from the passages
/// that were found, with the compressive memory after them; without an adapter, whose gates let it through, it is that
/// of the passages alone.
/// </summary>
internal sealed class InfiniMemory(
    DatastoreRegistry datastores,
    EvidenceReader evidenceReader,
    InfiniBuilder builder,
    MemoryJobs jobs,
    DecoderProvider decoders,
    TimeProvider time
) : IMemory
{
    /// <summary>The term for it.</summary>
    public const string Title = "compressive memory";

    private const int ShownAdapterDigits = 12;

    /// <inheritdoc/>
    public MemoryKind Kind => MemoryKind.Infini;

    /// <inheritdoc/>
    public IMemoryBuilder Builder => builder;

    /// <inheritdoc/>
    public IEnumerable<MemorySummary> Summarize(DatastoreSnapshot snapshot, DatastoreStatistics statistics) =>
        snapshot
            .Memories()
            .Select(memory =>
                (Memory: memory, Adapter: memory.Adapter.Length > 0 ? memory.Adapter[..ShownAdapterDigits] : null)
            )
            .Select(one => new MemorySummary(
                DecoderIdentity.ModelOf(one.Memory.Model),
                one.Memory.Tokens,
                one.Memory.Bytes,
                snapshot.MissingFromCompressiveMemory(one.Memory.Model, one.Memory.Adapter).Count
            )
            {
                Kind = Kind,
                Title = Title,
                Variant = one.Adapter is { } adapter ? $"adapter {adapter}" : "no adapter",
                Adapter = one.Adapter,
            });

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
        var (memory, job) = Open(request.Datastore, decoder);
        if (memory is null)
        {
            return LocalAnswer.Without(
                AnswerState.Unavailable,
                $"The compressive memory of {decoder.Name} holds nothing of datastore '{request.Datastore}' yet. "
                    + MemoryJobs.Remedy(request.Datastore, Kind, job),
                decoder.Name
            );
        }

        using var writer = new GreedyDecoder(decoder.Model, decoder.Tokenizer, memory.CreateSession())
        {
            EndsWithLine = true,
        };
        var answer =
            evidenceReader.Refuse(request, evidence)
            ?? await EvidenceReader.WriteAsync(request, evidence, decoder, writer, written, cancellation);
        return answer with { Memory = memory.Use(job) };
    }

    /// <inheritdoc/>
    public async Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        OneWindow.RequireGenerate(request);
        RequireWholeDatastore(request);
        OneWindow.RequireInstruction(request);
        var name = request.Datastore ?? InferenceSources.DefaultDatastore;
        using var lease = await decoders.LeaseAsync(request.Model, cancellation);
        var decoder = lease.Decoder;
        var limits = WindowLimits.Of(request, decoder, overlap: 0);
        var start = time.GetTimestamp();
        var about = request.Text is null ? name : request.Name;
        var (memory, job) = request.Text is { } text
            ? (await ReadAsync(text, decoder, cancellation), null)
            : OpenStored(name, decoder);
        var prompt = Prompt(request.Instruction!, decoder, limits);
        using var writer = new GreedyDecoder(decoder.Model, decoder.Tokenizer, memory.CreateSession())
        {
            Wrote = request.Wrote,
        };
        var written = await writer.ContinueAsync(
            prompt,
            limits.MaxNewTokens,
            count => progress?.Report(new(about, 1, 1, 1, 1, count, Last: null)),
            cancellation
        );
        var answer = new MemoryAnswer(WindowResult.Of(written, covered: 0), memory.Use(job), [], limits.Window);
        return OneWindow.Report(decoder.Name, about, answer, time.GetElapsedTime(start).TotalSeconds);
    }

    private (CompressedScope Memory, string? Job) OpenStored(string datastore, LoadedDecoder decoder)
    {
        var (memory, job) = Open(datastore, decoder);
        return memory is not null
            ? (memory, job)
            : throw new ContextException(
                $"memory: the compressive one of {decoder.Name} holds nothing of datastore '{datastore}' yet. "
                    + MemoryJobs.Remedy(datastore, Kind, job)
            );
    }

    private static Task<CompressedScope> ReadAsync(
        string text,
        LoadedDecoder decoder,
        CancellationToken cancellation
    ) =>
        Task.Run(
            () => CompressedScope.Of(DecoderMemory.Of(decoder), decoder.Tokenizer.EncodePrompt(text), cancellation),
            cancellation
        );

    /// <summary>The compressive memory, and the job that builds what it lacks.</summary>
    private (CompressedScope? Memory, string? Job) Open(string datastore, LoadedDecoder decoder)
    {
        var memory = CompressedScope.Of(datastores.Open(datastore), DecoderMemory.Of(decoder));
        var job = memory is null or { PendingDocuments: > 0 } ? jobs.Ensure(datastore, builder, decoder.Name) : null;
        return (memory, job);
    }

    private static int[] Prompt(string instruction, LoadedDecoder decoder, WindowLimits limits)
    {
        var frame = decoder.Frame;
        int[] prompt = [.. frame.Before, .. decoder.Tokenizer.Encode(instruction), .. frame.After];
        return prompt.Length + limits.MaxNewTokens <= decoder.Window
            ? prompt
            : throw new ContextException(
                $"instruction: it takes {prompt.Length} tokens and the output {limits.MaxNewTokens} of a window of "
                    + $"{decoder.Window}; shorten it, or let fewer tokens be written."
            );
    }

    private static void RequireWholeDatastore(LongInferenceRequest request)
    {
        if (request.Text is { } text && string.IsNullOrWhiteSpace(text))
        {
            throw new ContextException("text: it is empty; give some text, or a datastore.");
        }

        if (request.Document is not null || request.PathGlob is not null)
        {
            throw new ContextException(
                "document, path_glob: a compressive memory is of the whole datastore, whose documents it cannot tell apart; "
                    + "leave them out, or use memory unlimiformer."
            );
        }
    }
}
