using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>
/// Computes the keys that a datastore's documents lack for a decoder. The decoder is given back after every few
/// thousand tokens, so that queries are answered meanwhile from what is there. What is published stays, so that a later
/// process goes on where this one was stopped.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="decoders">The provider that leases the decoder.</param>
/// <param name="questions">The queries that go before.</param>
/// <param name="options">How much is kept of a token.</param>
/// <param name="model">The decoder's name; <see langword="null"/> for the default one.</param>
internal sealed class MemoryEncoder(
    Datastore datastore,
    DecoderProvider decoders,
    QueryPriority questions,
    UnlimiformerOptions options,
    string? model
)
{
    /// <summary>Characters of a run, about 2,000 tokens: a query waits for a run at most.</summary>
    private const int RunCharacters = 8 * 1024;

    /// <summary>Tokens after which what was computed is published.</summary>
    private const int PublishTokens = 8 * 1024;

    /// <summary>Encodes until nothing is pending.</summary>
    /// <param name="progress">Told how far it is, after every run.</param>
    /// <param name="cancellation">Stops the work; what was published is kept.</param>
    /// <exception cref="ContextException">There is no such model.</exception>
    public async Task RunAsync(Action<MemoryProgress> progress, CancellationToken cancellation)
    {
        using var exclusive = await DatastoreLock.AcquireAsync(datastore, DatastoreLock.Keys, cancellation);
        // Documents may come and change meanwhile, and so may the model's positions; a round that computed nothing has
        // nothing left that it can do.
        while (await EncodePendingAsync(progress, cancellation)) { }
    }

    private async Task<bool> EncodePendingAsync(Action<MemoryProgress> progress, CancellationToken cancellation)
    {
        EmbeddingProfile profile;
        int planes;
        Tokenizer tokenizer;
        using (var lease = await decoders.LeaseAsync(model, cancellation))
        {
            var keys = await Task.Run(() => DecoderKeys.Ensure(lease.Decoder, options, cancellation), cancellation);
            (profile, planes, tokenizer) = (keys.Profile, keys.Layout.Shape.Planes, lease.Decoder.Tokenizer);
        }

        var (pending, stored) = Pending(profile.Key);
        var total = stored + await Task.Run(() => Count(profile.Key, pending, tokenizer, cancellation), cancellation);
        var name = DecoderIdentity.ModelOf(profile.Key);
        progress(new MemoryProgress(name, stored, total));
        var writer = datastore.WriteKeys(profile, planes);
        var (done, isAny) = (stored, false);
        foreach (
            var run in pending.SelectMany(content => PassageRun.Missing(datastore, profile.Key, content, RunCharacters))
        )
        {
            if (!await EncodeAsync(run, tokenizer, writer, cancellation))
            {
                break;
            }

            isAny = true;
            progress(new MemoryProgress(name, done + writer.Tokens, total));
            if (writer.Tokens >= PublishTokens)
            {
                done += writer.Tokens;
                writer.Publish();
            }
        }

        writer.Publish();
        return isAny;
    }

    /// <summary>Encodes a run of passages; <see langword="false"/> when the model is another one by now.</summary>
    private async Task<bool> EncodeAsync(
        PassageRun run,
        Tokenizer tokenizer,
        KeyWriter writer,
        CancellationToken cancellation
    )
    {
        var ids = new List<int>();
        var counts = new int[run.Passages.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            var before = ids.Count;
            tokenizer.Encode(run.Passages[i].Text, ids);
            counts[i] = ids.Count - before;
        }

        await Task.Run(() => questions.YieldToQueries(cancellation), cancellation);
        using var lease = await decoders.LeaseAsync(model, cancellation);
        var keys = DecoderKeys.Ensure(lease.Decoder, options, cancellation);
        if (keys.Profile.Key != writer.Encoder.Key)
        {
            return false;
        }

        int[] tokens = [.. ids];
        var buffer = new KeyBuffer(writer.Shape);
        await Task.Run(() => keys.Encoder.Encode(tokens, buffer, cancellation), cancellation);
        writer.Add(run.Document.ContentKey, run.FirstOrdinal, counts, tokens, buffer);
        return true;
    }

    private (IReadOnlyList<PendingContent> Pending, long Stored) Pending(string encoder)
    {
        using var snapshot = datastore.Snapshot();
        return (snapshot.Pending(encoder), snapshot.Keys(encoder)?.Tokens ?? 0);
    }

    /// <summary>The tokens of what lacks keys, counted document by document.</summary>
    private long Count(
        string encoder,
        IReadOnlyList<PendingContent> pending,
        Tokenizer tokenizer,
        CancellationToken cancellation
    )
    {
        var (ids, count) = (new List<int>(), 0L);
        foreach (var content in pending)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var run in PassageRun.Missing(datastore, encoder, content, RunCharacters))
            {
                foreach (var passage in run.Passages)
                {
                    ids.Clear();
                    tokenizer.Encode(passage.Text, ids);
                    count += ids.Count;
                }
            }
        }

        return count;
    }
}
