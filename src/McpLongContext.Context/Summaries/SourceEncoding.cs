using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Summaries;

/// <summary>
/// Encodes the texts of one request by an encoder-decoder: for this call alone, or into a datastore, where what is there
/// already stays and what was encoded before a stop is kept.
/// </summary>
/// <param name="loaded">The model, leased.</param>
/// <param name="task">The request.</param>
/// <param name="progress">Told about every window.</param>
internal sealed class SourceEncoding(LoadedEncoderDecoder loaded, SummaryTask task, Action<int, int, int> progress)
{
    /// <summary>Tokens up to which the encoder's output stays in fp32.</summary>
    private const int ExactTokens = 16 * 1024;

    /// <summary>Tokens after which what was encoded is published.</summary>
    private const int PublishTokens = 8 * 1024;

    /// <summary>The share of the machine's RAM that one call may take.</summary>
    private const double MaxShare = 0.5;

    /// <summary>Names the encoder's output in datastores.</summary>
    public string Key => new SourceName(loaded.Identity.ToString(), SourceEncoder.Version, task.Encoding).ToString();

    private int Hidden => loaded.Model.Config.HiddenSize;

    /// <summary>Encodes texts for this call.</summary>
    /// <param name="documents">The texts.</param>
    /// <param name="cancellation">Asked between windows; the result is then partial.</param>
    public EncodedDocuments Encode(IReadOnlyList<SummaryDocument> documents, CancellationToken cancellation)
    {
        RequireRoom(documents);
        var buffer = new KeyBuffer(new KeyShape(1, Hidden));
        var isExact = documents.Sum(TokensOf) <= ExactTokens;
        var exact = new List<float>();
        SourceMean? mean = null;
        using var encoder = CreateEncoder();
        for (var i = 0; i < documents.Count && !cancellation.IsCancellationRequested; i++)
        {
            var number = i;
            encoder.Encode(documents[i].Text.Tokens[..documents[i].Tokens], Keep);

            bool Keep(ReadOnlySpan<float> output, int window, int all)
            {
                if (isExact)
                {
                    exact.AddRange(output);
                }
                else
                {
                    mean ??= SourceMean.Of(output, Hidden);
                    float[] residuals = [.. output];
                    mean.Subtract(residuals);
                    buffer.Append(0, residuals);
                }

                progress(number, window, all);
                return !cancellation.IsCancellationRequested;
            }
        }

        return new EncodedDocuments(documents, [buffer], mean ?? SourceMean.Of([], Hidden))
        {
            IsPartial = (isExact ? exact.Count / Hidden : buffer.Tokens) < documents.Sum(TokensOf),
            Exact = isExact ? [.. exact] : null,
        };
    }

    /// <summary>Encodes what a datastore lacks of its documents, and publishes it.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="documents">The datastore's documents.</param>
    /// <param name="maxWindows">The most windows to encode now, but for what the first passage takes.</param>
    /// <param name="wait">No window is begun after this time, with the same exception.</param>
    /// <param name="cancellation">Asked between windows; what was encoded is kept.</param>
    /// <returns>Whether something is left.</returns>
    /// <exception cref="ContextException">There is more than RAM can hold.</exception>
    public async Task<bool> StoreAsync(
        Datastore datastore,
        IReadOnlyList<SummaryDocument> documents,
        int maxWindows,
        TimeSpan? wait,
        CancellationToken cancellation
    )
    {
        RequireRoom(documents);
        // Another process may hold the lock for as long as it encodes.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(wait ?? Timeout.InfiniteTimeSpan);
        IDisposable exclusive;
        try
        {
            exclusive = await DatastoreLock.AcquireAsync(datastore, DatastoreLock.Keys, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return true;
        }

        using (exclusive)
        {
            return await Task.Run(
                () => Store(datastore, documents, maxWindows, wait, cancellation),
                CancellationToken.None
            );
        }
    }

    /// <summary>The encoder's output that a datastore keeps, for as long as the snapshot lives.</summary>
    /// <param name="snapshot">The datastore at a moment.</param>
    /// <param name="documents">The datastore's documents; only those that are kept whole are in the result.</param>
    public EncodedDocuments Open(DatastoreSnapshot snapshot, IReadOnlyList<SummaryDocument> documents)
    {
        var keys = snapshot.Keys(Key);
        var kept = (keys?.Documents ?? []).ToDictionary(one => one.Document.ContentKey);
        var (whole, blocks) = (new List<SummaryDocument>(), new List<IKeyBlock>());
        foreach (var document in documents)
        {
            var found = kept.TryGetValue(document.Stored!.ContentKey, out var keyed) ? keyed.Blocks : [];
            if (found.Sum(block => block.Tokens) == TokensOf(document))
            {
                whole.Add(document);
                blocks.AddRange(found);
            }
        }

        var mean = keys is null ? SourceMean.Of([], Hidden) : new SourceMean(keys.Encoder.Mean);
        return new EncodedDocuments(whole, blocks, mean) { IsPartial = whole.Count < documents.Count };
    }

    private bool Store(
        Datastore datastore,
        IReadOnlyList<SummaryDocument> documents,
        int maxWindows,
        TimeSpan? wait,
        CancellationToken cancellation
    )
    {
        var clock = Stopwatch.StartNew();
        var writer = CreateWriter(datastore);
        var (windows, isFurther) = (0, false);
        using var encoder = CreateEncoder();
        for (var i = 0; i < documents.Count; i++)
        {
            var number = i;
            if (PassageTokens.Missing(datastore, documents[i], Key, Hidden, task.Frame) is not { } missing)
            {
                continue;
            }

            if (IsOver())
            {
                writer.Publish();
                return true;
            }

            encoder.Encode(documents[i].Text.Tokens, Keep, missing.FirstToken);
            missing.Flush(writer);

            bool Keep(ReadOnlySpan<float> output, int window, int all)
            {
                missing.Append(output);
                isFurther |= missing.HasWhole;
                windows++;
                progress(number, window, all);
                if (missing.Tokens + writer.Tokens >= PublishTokens)
                {
                    missing.Flush(writer);
                    writer.Publish();
                }

                return !IsOver();
            }

            if (missing.IsPartial)
            {
                writer.Publish();
                return true;
            }
        }

        writer.Publish();
        return false;

        // A call gets further by a passage at least, so that calls of any size come to an end.
        bool IsOver() =>
            cancellation.IsCancellationRequested || (isFurther && (windows >= maxWindows || clock.Elapsed >= wait));
    }

    private SourceWriter CreateWriter(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        return new SourceWriter(datastore, snapshot.Keys(Key)?.Encoder, Key, Hidden);
    }

    private SourceEncoder CreateEncoder() => new(loaded.Model, task.Frame, task.Window, task.Overlap);

    private int TokensOf(SummaryDocument document) => document.Tokens + task.Frame.Length;

    private void RequireRoom(IReadOnlyList<SummaryDocument> documents)
    {
        // Codes, and once more packed for the search.
        var bytes = documents.Sum(document => (long)TokensOf(document)) * 2 * (Hidden + sizeof(float));
        var most = MaxShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > most)
        {
            throw new ContextException(
                $"path_glob: the texts take {bytes >> 20} MB of the {(long)most >> 20} MB that a call may take; choose fewer "
                    + "documents, or lower Unlimiformer:eval_max_source_length for texts that no datastore keeps."
            );
        }
    }
}
