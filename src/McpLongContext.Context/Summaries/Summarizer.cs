using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.LongInference;
using McpLongContext.Inference;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;

namespace McpLongContext.Context.Summaries;

/// <summary>
/// Summarizes texts of any length by an encoder-decoder: the encoder reads all of them in overlapping windows, and at
/// every step each head of the decoder's cross-attention retrieves what it attends to (Unlimiformer).
/// </summary>
internal sealed class Summarizer(
    InferenceSources sources,
    EncoderDecoderProvider models,
    DatastoreRegistry datastores,
    CurrentUnlimiformer settings,
    TimeProvider time
)
{
    /// <summary>The term for what is read.</summary>
    public const string Title = "encoded sources";

    /// <summary>Summarizes. Canceling does not throw once a window is begun.</summary>
    /// <param name="request">The texts, and how to summarize them.</param>
    /// <param name="progress">Told about every window, and every token that is written.</param>
    /// <param name="cancellation">Breaks it off; what a datastore keeps by then stays.</param>
    /// <exception cref="ContextException">An argument is not valid, or no model is installed.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public async Task<LongInferenceReport> SummarizeAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        var selected = sources.Select(request).Sources;
        using var lease = await models.LeaseAsync(request.Model, cancellation);
        var run = new Run(lease.Model, SummaryTask.Of(request, lease.Model, settings.Options), request, progress);
        var start = time.GetTimestamp();
        var documents = await Task.Run(() => Tokenize(run, selected, cancellation), cancellation);
        var cursor = InferenceCursor.Of(request.Cursor, Identify(run, selected));
        // What fits a window is encoded at once, exactly, and needs no datastore.
        var fits = documents.Sum(one => one.Tokens + run.Task.Frame.Length) <= run.Task.Window;
        var isStored = MayStore(request) && run.Task.Retrieves && !fits;
        return isStored
            ? await SummarizeStoredAsync(run, documents, cursor, start, cancellation)
            : await SummarizeHereAsync(run, documents, start, cancellation);
    }

    private async Task<LongInferenceReport> SummarizeHereAsync(
        Run run,
        List<SummaryDocument> documents,
        long start,
        CancellationToken cancellation
    )
    {
        var task = run.Task;
        if (!task.Retrieves)
        {
            run.IsCut |= documents.Count > 1 || documents[0].Tokens > task.Window - task.Frame.Length;
            documents = [documents[0] with { Tokens = Math.Min(documents[0].Tokens, task.Window - task.Frame.Length) }];
        }

        var encoding = new SourceEncoding(run.Model, task, (at, window, of) => run.Tell(documents, at, window, of, 0));
        var encoded = await Task.Run(() => encoding.Encode(documents, cancellation), CancellationToken.None);
        return encoded.IsPartial
            ? Stopped(run, encoded, InferenceState.Cancelled, cursor: null, start)
            : await Task.Run(() => Write(run, encoded, start, cancellation), CancellationToken.None);
    }

    private async Task<LongInferenceReport> SummarizeStoredAsync(
        Run run,
        IReadOnlyList<SummaryDocument> documents,
        InferenceCursor cursor,
        long start,
        CancellationToken cancellation
    )
    {
        var datastore = datastores.Open(run.Request.Datastore ?? InferenceSources.DefaultDatastore);
        var encoding = new SourceEncoding(
            run.Model,
            run.Task,
            (at, window, of) => run.Tell(documents, at, window, of, 0)
        );
        var isPartial = await encoding.StoreAsync(
            datastore,
            documents,
            run.Request.MaxWindows ?? int.MaxValue,
            run.Request.Wait,
            cancellation
        );
        using var snapshot = datastore.Snapshot();
        var encoded = encoding.Open(snapshot, documents);
        if (isPartial)
        {
            var state = cancellation.IsCancellationRequested ? InferenceState.Cancelled : InferenceState.Paused;
            return Stopped(run, encoded, state, cursor.ToString(), start);
        }

        if (encoded.IsPartial)
        {
            throw new ContextException(
                "datastore: its documents changed while they were encoded; repeat the call, which goes on from there."
            );
        }

        encoded = encoded with { DatastoreBytes = DatastoreSize.Of(datastore) };
        return await Task.Run(() => Write(run, encoded, start, cancellation), CancellationToken.None);
    }

    /// <summary>Whether a datastore may keep what is encoded.</summary>
    private bool MayStore(LongInferenceRequest request) =>
        request is { Text: null, MayStore: true } && settings.Options.UseDatastore;

    private List<SummaryDocument> Tokenize(
        Run run,
        IReadOnlyList<InferenceSource> selected,
        CancellationToken cancellation
    )
    {
        var documents = new List<SummaryDocument>();
        // What a datastore keeps is read whole.
        var left = MayStore(run.Request) ? int.MaxValue : settings.Options.EvalMaxSourceLength;
        foreach (var source in selected)
        {
            cancellation.ThrowIfCancellationRequested();
            if (left == 0)
            {
                run.IsCut = true;
                break;
            }

            if (source.Read() is not { } content)
            {
                continue;
            }

            var text = new TokenText(source.Path, content, run.Model.Tokenizer, source.Cite);
            var tokens = Math.Min(left, text.Tokens.Length);
            run.IsCut |= tokens < text.Tokens.Length;
            if (tokens > 0)
            {
                documents.Add(new SummaryDocument(text) { Stored = source.Stored, Tokens = tokens });
                left -= tokens;
            }
        }

        return documents.Count > 0
            ? documents
            : throw new ContextException("text: it holds no words; give a text, or documents that hold some.");
    }

    private LongInferenceReport Write(Run run, EncodedDocuments encoded, long start, CancellationToken cancellation)
    {
        var task = run.Task;
        using var threadPool = new ComputeThreadPool(Environment.ProcessorCount);
        IEncodedSource source = encoded.Exact is { } exact
            ? new ExactSource(exact, run.Model.Model.Config.HiddenSize)
            : new QuantizedSource(encoded.Blocks, encoded.Mean, threadPool);
        var attended = new AttendedSource(source.Tokens);
        var (attention, search) = Attention(run, source, attended, threadPool);
        using var target = run.Model.Model.CreateTarget(attention);
        var found = new BeamSearch(target, task.Search, run.Model.Tokenizer.Vocabulary.Count).Run(
            written => run.Tell(encoded.Documents, encoded.Documents.Count - 1, 1, 1, written),
            cancellation
        );
        var sentences = new SentenceSources(encoded.Documents, task.Frame.Before.Count, task.Frame.Length).Cite(
            found,
            attended,
            run.Model.Tokenizer
        );
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        var searched = search?.SearchTime.TotalSeconds ?? 0;
        return Report(run, encoded, seconds) with
        {
            State = found.IsPartial ? InferenceState.Cancelled : InferenceState.Complete,
            Windows = [WindowOf(encoded, seconds, run.Model.Tokenizer.Decode([.. found.Tokens]), found)],
            Sentences = sentences,
            Memory = new MemoryUse
            {
                Kind = task.Retrieves ? MemoryKind.Unlimiformer : MemoryKind.Window,
                Title = Title,
                Tokens = source.Tokens,
                PendingDocuments = 0,
                Mode = search is null ? null : "cross_attention",
                Whole = search is null,
                IndexBytes = source.IndexBytes,
                DatastoreBytes = encoded.DatastoreBytes,
                SearchSeconds = searched,
                SearchShare = seconds > 0 ? searched / seconds : 0,
                Note =
                    !run.IsCut ? null
                    : task.Retrieves
                        ? $"Only the first {settings.Options.EvalMaxSourceLength} tokens were read, as Unlimiformer:eval_max_source_length says."
                    : "Only the first window was read, as memory: window or Unlimiformer:knn says.",
            },
        };
    }

    /// <summary>Plain cross-attention to what the model can attend to at once; retrieval from more.</summary>
    private static (ICrossAttention Attention, RetrievalCrossAttention? Search) Attention(
        Run run,
        IEncodedSource source,
        AttendedSource attended,
        ComputeThreadPool threadPool
    )
    {
        var (task, model) = (run.Task, run.Model.Model);
        if (source.Tokens <= task.Window)
        {
            return (new CachedCrossAttention(model, Read(source.Tokens), threadPool) { Attended = attended }, null);
        }

        var lower =
            task.LayerBegin == 0
                ? null
                : new CachedCrossAttention(model, Read(task.Window), threadPool, task.LayerBegin);
        var retrieval = new RetrievalCrossAttention(run.Model.ProjectionsFrom(task.LayerBegin), source, task.Top, lower)
        {
            Attended = attended,
        };
        return (retrieval, retrieval);

        float[] Read(int tokens)
        {
            var output = new float[tokens * source.Dimensions];
            source.Read(0, output);
            return output;
        }
    }

    private static LongInferenceReport Report(Run run, EncodedDocuments encoded, double seconds)
    {
        var tokens = encoded.Documents.Sum(document => (long)document.Tokens);
        return new LongInferenceReport
        {
            Mode = InferenceMode.Summarize,
            Model = run.Model.Name,
            State = InferenceState.Complete,
            Window = run.Task.Window,
            OverlapTokens = (int)((run.Task.Window - run.Task.Frame.Length) * run.Task.Overlap),
            Windows = [],
            Tokens = tokens,
            Seconds = seconds,
            TokensPerSecond = seconds > 0 ? tokens / seconds : 0,
        };
    }

    private LongInferenceReport Stopped(
        Run run,
        EncodedDocuments encoded,
        InferenceState state,
        string? cursor,
        long start
    ) => Report(run, encoded, time.GetElapsedTime(start).TotalSeconds) with { State = state, NextCursor = cursor };

    private static WindowReport WindowOf(EncodedDocuments encoded, double seconds, string output, FoundTarget found)
    {
        var (first, last) = (encoded.Documents[0], encoded.Documents[^1]);
        var tokens = encoded.Documents.Sum(document => document.Tokens);
        var citation = first.Text.Cite(0, first.Tokens);
        return new WindowReport
        {
            Citation = encoded.Documents.Count == 1 ? citation : $"{citation} to {last.Text.Cite(0, last.Tokens)}",
            FirstToken = 0,
            Tokens = tokens,
            TokensRead = tokens,
            NewTokens = found.Tokens.Count,
            Seconds = seconds,
            TokensPerSecond = seconds > 0 ? (tokens + found.Tokens.Count) / seconds : 0,
            Output = output,
            Partial = found.IsPartial,
        };
    }

    private static ulong Identify(Run run, IReadOnlyList<InferenceSource> selected) =>
        InferenceCursor.Identify([
            nameof(InferenceMode.Summarize),
            run.Model.Key,
            run.Task.Encoding,
            .. selected.SelectMany(source => new[] { source.Path, source.Key }),
        ]);

    /// <summary>The common data of the steps of one call.</summary>
    private sealed record Run(
        LoadedEncoderDecoder Model,
        SummaryTask Task,
        LongInferenceRequest Request,
        IProgress<LongInferenceProgress>? Progress
    )
    {
        /// <summary>Whether texts were longer than may be read.</summary>
        public bool IsCut { get; set; }

        public void Tell(IReadOnlyList<SummaryDocument> documents, int at, int window, int windows, int written) =>
            Progress?.Report(
                new(documents[at].Text.Path, at + 1, documents.Count, window, windows, written, Last: null)
            );
    }
}
