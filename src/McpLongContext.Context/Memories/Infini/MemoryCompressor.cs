using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Inference;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.CompressiveMemories;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>
/// Reads the documents that a datastore's compressive memory lacks into it, one after the other, each from its
/// beginning. The decoder is given back between two documents. What was stored stays, so that a later process continues
/// after the last whole document.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="decoders">The provider that leases the decoder.</param>
/// <param name="questions">The queries that go before.</param>
/// <param name="model">The decoder's name; <see langword="null"/> for the default one.</param>
internal sealed class MemoryCompressor(
    Datastore datastore,
    DecoderProvider decoders,
    QueryPriority questions,
    string? model
)
{
    /// <summary>Tokens after which the compressive memory is stored.</summary>
    private const int StoreTokens = 16 * 1024;

    /// <summary>Reads until nothing is pending.</summary>
    /// <param name="progress">Told how far it is, after every document.</param>
    /// <param name="cancellation">Stops the work; what was stored is kept.</param>
    /// <exception cref="ContextException">There is no such model.</exception>
    /// <exception cref="ModelException">The decoder's adapter is damaged or for another model.</exception>
    public async Task RunAsync(Action<MemoryProgress> progress, CancellationToken cancellation)
    {
        using var exclusive = await DatastoreLock.AcquireAsync(datastore, DatastoreLock.Compressed, cancellation);
        // Documents may come and go meanwhile, and a compressive memory that held one of them with it; a round that
        // stored nothing has nothing left that it can do.
        while (await ReadPendingAsync(progress, cancellation)) { }
    }

    private async Task<bool> ReadPendingAsync(Action<MemoryProgress> progress, CancellationToken cancellation)
    {
        var (name, decoder, tokenizer) = await LeaseAsync(cancellation);
        var profile = decoder.Profile;
        var stored = datastore.ReadMemory(profile);
        var memory = decoder.Restore(stored?.State);
        var (entry, tokens) = (stored?.Entry, stored?.Entry.Tokens ?? 0);
        var pending = Pending(profile);
        var total = tokens + await Task.Run(() => Count(pending, tokenizer, cancellation), cancellation);
        progress(new MemoryProgress(name, tokens, total));
        var (added, isAny) = (new List<ContentKey>(), false);
        foreach (var document in pending)
        {
            if (TextOf(document) is not { } text)
            {
                continue;
            }

            await Task.Run(() => questions.YieldToQueries(cancellation), cancellation);
            using (var lease = await decoders.LeaseAsync(model, cancellation))
            {
                var current = DecoderMemory.Of(lease.Decoder);
                if (current.Profile != profile)
                {
                    return true;
                }

                var ids = Tokens(lease.Decoder, text);
                await Task.Run(() => current.Remember(memory, ids, cancellation), cancellation);
                tokens += ids.Length;
            }

            added.Add(document.ContentKey);
            progress(new MemoryProgress(name, tokens, total));
            if (tokens - (entry?.Tokens ?? 0) >= StoreTokens && !Store())
            {
                return true;
            }
        }

        if (added.Count > 0)
        {
            Store();
        }

        return isAny;

        bool Store()
        {
            entry = datastore.ReplaceCompressiveMemory(profile, memory.Content, tokens, entry, added);
            added.Clear();
            isAny = true;
            return entry is not null;
        }
    }

    private async Task<(string Name, DecoderMemory Decoder, Tokenizer Tokenizer)> LeaseAsync(
        CancellationToken cancellation
    )
    {
        using var lease = await decoders.LeaseAsync(model, cancellation);
        return (lease.Decoder.Name, DecoderMemory.Of(lease.Decoder), lease.Decoder.Tokenizer);
    }

    private IReadOnlyList<Document> Pending(CompressiveMemoryProfile profile)
    {
        using var snapshot = datastore.Snapshot();
        return snapshot.MissingFromCompressiveMemory(profile.Model, profile.Adapter);
    }

    /// <summary>The tokens of what is pending, counted document by document.</summary>
    private long Count(IReadOnlyList<Document> pending, Tokenizer tokenizer, CancellationToken cancellation)
    {
        var (ids, count) = (new List<int>(), 0L);
        foreach (var document in pending)
        {
            cancellation.ThrowIfCancellationRequested();
            ids.Clear();
            tokenizer.Encode(TextOf(document) ?? "", ids);
            count += ids.Count + (tokenizer.Settings.AddsBegin ? 1 : 0);
        }

        return count;
    }

    /// <summary>
    /// The document's text; <see langword="null"/> when it has changed meanwhile or waits for a repair.
    /// </summary>
    private string? TextOf(Document pending)
    {
        using var snapshot = datastore.Snapshot();
        try
        {
            return
                snapshot.Documents.TryFind(pending.Path, out var document) && document.ContentKey == pending.ContentKey
                ? snapshot.Passages.TextOf(document)
                : null;
        }
        catch (DatastoreCorruptException)
        {
            return null;
        }
    }

    private static int[] Tokens(LoadedDecoder decoder, string text)
    {
        var ids = new List<int>();
        if (decoder.Begin is { } begin)
        {
            ids.Add(begin);
        }

        decoder.Tokenizer.Encode(text, ids);
        return [.. ids];
    }
}
