using System.Threading.Channels;
using McpLongContext.Context.Datastores;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// The second stage of an ingest: computes the token embeddings that a datastore's documents still lack. All cores
/// encode, each a run of passages at a time, the documents that queries asked for first. What is published stays, so
/// that a later process continues where this one was stopped.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="encoder">The datastore's encoder.</param>
/// <param name="demand">The requests of queries, and the embeddings that queries computed.</param>
/// <param name="questions">The queries that go first.</param>
internal sealed class PendingEncoder(
    Datastore datastore,
    LoadedEncoder encoder,
    EncodingDemand demand,
    QueryPriority questions
)
{
    /// <summary>Characters of a run: some thousand tokens, enough to fill a worker, little enough to hold.</summary>
    internal const int RunCharacters = 16 * 1024;

    /// <summary>
    /// Tokens after which what was computed is published: few at first, so that queries and a later process soon have
    /// something of it, then as many as there are already, up to the most.
    /// </summary>
    private const int FirstPublishTokens = 4 * 1024;

    private const int MostPublishTokens = 64 * 1024;

    private static readonly int s_workers = Environment.ProcessorCount;

    /// <summary>Encodes until nothing is pending.</summary>
    /// <param name="progress">Told the tokens encoded since the last call, after each publication.</param>
    /// <param name="cancellation">Stops the work; what was published is kept.</param>
    public async Task RunAsync(Action<long> progress, CancellationToken cancellation)
    {
        // Documents may come and change meanwhile; a round that computed nothing has nothing left that it can do.
        for (var isWorking = true; isWorking && Pending() is { Count: > 0 } pending; )
        {
            isWorking = await EncodeAsync(pending, progress, cancellation);
        }
    }

    private IReadOnlyList<PendingContent> Pending()
    {
        using var snapshot = datastore.Snapshot();
        return snapshot.Pending(encoder.Key);
    }

    private async Task<bool> EncodeAsync(
        IReadOnlyList<PendingContent> pending,
        Action<long> progress,
        CancellationToken cancellation
    )
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var workers = Channel.CreateBounded<DocumentEncoder>(s_workers);
        var chunks = Chunks();
        for (var i = 0; i < s_workers; i++)
        {
            await workers.Writer.WriteAsync(
                new DocumentEncoder(encoder.Encoder, chunks, questions.YieldToQueries),
                cancellation
            );
        }

        var encoded = Channel.CreateBounded<Task<EncodedRun>>(s_workers);
        var reading = Task.Run(() => ReadAsync(pending, workers, encoded.Writer, stopping.Token), stopping.Token);
        try
        {
            return await PublishAsync(encoded.Reader, chunks, progress, cancellation);
        }
        finally
        {
            await stopping.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Cuts the pending documents into runs and starts a worker on each as soon as one is free.</summary>
    private async Task ReadAsync(
        IReadOnlyList<PendingContent> pending,
        Channel<DocumentEncoder> workers,
        ChannelWriter<Task<EncodedRun>> encoded,
        CancellationToken cancellation
    )
    {
        try
        {
            foreach (var content in InOrder(pending))
            {
                foreach (var run in PassageRun.Missing(datastore, encoder.Key, content, RunCharacters))
                {
                    var worker = await workers.Reader.ReadAsync(cancellation);
                    // A thread of its own: queries need those of the pool, and it is held up while one runs.
                    var work = Task.Factory.StartNew(
                        () =>
                        {
                            try
                            {
                                return new EncodedRun(
                                    run.Document.ContentKey,
                                    worker.Encode(run.Document, run.Passages, cancellation)
                                );
                            }
                            finally
                            {
                                workers.Writer.TryWrite(worker);
                            }
                        },
                        cancellation,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    );
                    await encoded.WriteAsync(work, cancellation);
                }
            }

            encoded.Complete();
        }
#pragma warning disable CA1031 // The reader of the channel throws it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            encoded.Complete(error);
        }
    }

    /// <summary>The contents in their order, but those that queries ask for meanwhile first.</summary>
    private IEnumerable<PendingContent> InOrder(IReadOnlyList<PendingContent> pending)
    {
        var waiting = pending.ToDictionary(content => content.Document.ContentKey);
        foreach (var next in pending)
        {
            while (demand.TryTakeContent(out var asked))
            {
                if (waiting.Remove(asked, out var first))
                {
                    yield return first;
                }
            }

            if (waiting.Remove(next.Document.ContentKey))
            {
                yield return next;
            }
        }
    }

    private ChunkSettings Chunks()
    {
        using var snapshot = datastore.Snapshot();
        return DatastoreRegistry.ChunksOf(snapshot);
    }

    /// <summary>Publishes what the workers computed, in order; returns whether there was anything.</summary>
    private async Task<bool> PublishAsync(
        ChannelReader<Task<EncodedRun>> encoded,
        ChunkSettings chunks,
        Action<long> progress,
        CancellationToken cancellation
    )
    {
        var writer = datastore.WriteEmbeddings(Profile());
        var isAny = false;
        var published = 0L;
        await foreach (var work in encoded.ReadAllAsync(cancellation))
        {
            var run = await work;
            isAny = true;
            foreach (var one in demand.TakeEmbeddings(chunks).Append(run))
            {
                Add(writer, one);
            }

            if (writer.Tokens >= Math.Clamp(published, FirstPublishTokens, MostPublishTokens))
            {
                published += Publish(writer, progress);
            }
        }

        Publish(writer, progress);
        return isAny;
    }

    private static void Add(EmbeddingWriter writer, EncodedRun run) =>
        writer.Add(
            run.Content,
            run.Passages.FirstOrdinal,
            run.Passages.TokenCounts,
            run.Passages.Embeddings,
            run.Passages.Pooled
        );

    private static long Publish(EmbeddingWriter writer, Action<long> progress)
    {
        long tokens = writer.Tokens;
        writer.Publish();
        progress(tokens);
        return tokens;
    }

    private EmbeddingProfile Profile()
    {
        using var snapshot = datastore.Snapshot();
        return snapshot.Embeddings(encoder.Key)?.Encoder
            ?? new EmbeddingProfile
            {
                Key = encoder.Key,
                Mean = encoder.Statistics.Mean,
                Deviation = encoder.Statistics.Deviation,
            };
    }
}
