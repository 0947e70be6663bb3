using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Documents;
using McpLongContext.Context.LongInference;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>
/// Opens what a decoder reads through retrieval attention: the keys that a datastore keeps, or, for a text and where
/// the settings say so, texts that are encoded for this call alone.
/// </summary>
internal sealed class MemorySources(
    DatastoreRegistry datastores,
    InferenceSources sources,
    MemoryJobs jobs,
    UnlimiformerBuilder builder,
    DocumentPaths paths,
    CurrentUnlimiformer settings
)
{
    /// <summary>The share of the machine's RAM that the keys and values of one call may take.</summary>
    private const double MaxShare = 0.5;

    private UnlimiformerOptions Options => settings.Options;

    /// <summary>Opens a token memory.</summary>
    /// <param name="request">Which texts.</param>
    /// <param name="decoder">The decoder of the token memory, leased until it is disposed.</param>
    /// <param name="cancellation">Ends encoding.</param>
    /// <exception cref="MemoryEmptyException">The datastore keeps nothing of these documents yet.</exception>
    /// <exception cref="ContextException">There are no such texts, or the settings do not go together.</exception>
    public async Task<OpenMemory> OpenAsync(
        LongInferenceRequest request,
        LoadedDecoder decoder,
        CancellationToken cancellation
    )
    {
        return request.Text is null && Options.UseDatastore
            ? OpenStored(request, decoder)
            : await Task.Run(() => Encode(request, decoder, cancellation), cancellation);
    }

    private OpenMemory OpenStored(LongInferenceRequest request, LoadedDecoder decoder)
    {
        var name = request.Datastore ?? InferenceSources.DefaultDatastore;
        var datastore = datastores.Open(name);
        var snapshot = datastore.Snapshot();
        try
        {
            var documents = sources.DocumentsOf(snapshot, name, request);
            var scope = MemoryScope.Of(snapshot, documents, DecoderKeys.Find(decoder, Options));
            var job = scope.PendingDocuments > 0 ? jobs.Ensure(name, builder, decoder.Name) : null;
            if (scope.Tokens == 0)
            {
                throw new MemoryEmptyException(
                    $"The memory of {decoder.Name} {Kept}holds nothing of these documents of datastore '{name}' yet. "
                        + MemoryJobs.Remedy(name, MemoryKind.Unlimiformer, job)
                );
            }

            var memory = new StoredTokenMemory(scope.Documents);
            var citations = new MemoryCitations(memory, snapshot, decoder.Tokenizer, paths);
            return new OpenMemory(memory, citations.Cite)
            {
                PendingDocuments = scope.PendingDocuments,
                Job = job,
                DatastoreBytes = DatastoreSize.Of(datastore),
                Owned = snapshot,
            };
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    /// <summary>Encodes texts in the depth that the mode reads, up to the most tokens that are allowed.</summary>
    private OpenMemory Encode(LongInferenceRequest request, LoadedDecoder decoder, CancellationToken cancellation)
    {
        var keys = DecoderKeys.Ensure(decoder, Options, cancellation);
        var memory = new TextTokenMemory(keys.Encoder);
        var texts = new List<TokenText>();
        var left = Options.EvalMaxSourceLength;
        string? note = null;
        foreach (var source in sources.Select(request).Sources)
        {
            cancellation.ThrowIfCancellationRequested();
            if (source.Read() is not { } content)
            {
                continue;
            }

            var text = new TokenText(source.Path, content, decoder.Tokenizer, source.Cite);
            var tokens = text.Tokens[..Math.Min(left, text.Tokens.Length)].ToArray();
            if (tokens.Length < text.Tokens.Length)
            {
                note =
                    $"Only the first {Options.EvalMaxSourceLength} tokens were read, as Unlimiformer:eval_max_source_length says.";
            }

            if (tokens.Length > 0)
            {
                left -= tokens.Length;
                RequireRoom(Options.EvalMaxSourceLength - left, keys.Layout);
                memory.Add(source.Path, tokens, cancellation);
                texts.Add(text);
            }
        }

        return memory.Texts.Count > 0
            ? new OpenMemory(memory, span => Cite(texts[span.Text], span)) { Note = note }
            : throw new MemoryEmptyException("These documents hold no text; ingest some.");
    }

    /// <summary>The extra content that a token memory must store, for messages.</summary>
    private string Kept =>
        Options.Depth == KeyDepth.Full
            ? $"with keys and values, as mode {Options.Mode} reads them and the same --unlimiformer settings build them, "
            : "";

    private static void RequireRoom(long tokens, KeyLayout layout)
    {
        var bytes = tokens * layout.Shape.TokenBytes;
        var most = MaxShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > most)
        {
            throw new ContextException(
                $"Unlimiformer:eval_max_source_length: the texts have {tokens} tokens at least, whose keys and values take "
                    + $"{bytes >> 20} MB of the {(long)most >> 20} MB that a call may take; lower it, set mode to reread, or "
                    + "ask a datastore, whose memory stays on disk."
            );
        }
    }

    private static Evidence Cite(TokenText text, TokenMemorySpan span)
    {
        var (start, end) = text.LinesOf(span.First, span.Count);
        return new Evidence
        {
            Citation = text.Cite(span.First, span.Count),
            Path = text.Path,
            StartLine = start,
            EndLine = end,
            Score = span.Score,
            Text = text.TextOf(span.First, span.Count),
        };
    }
}
