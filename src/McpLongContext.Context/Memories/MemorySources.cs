using McpLongContext.Context.Answers;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Retrieval;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Memories;

/// <summary>
/// Opens what a decoder reads through retrieval attention: the keys that a datastore keeps, or, for a text and where the
/// settings say so, texts that are encoded for this call alone.
/// </summary>
internal sealed class MemorySources(
    DatastoreRegistry datastores,
    InferenceSources sources,
    MemoryJobs jobs,
    DocumentPaths paths,
    UnlimiformerOptions options
)
{
    /// <summary>The share of the machine's memory that the keys and values of one call may take.</summary>
    private const double MaxShare = 0.5;

    /// <summary>Opens a memory.</summary>
    /// <param name="request">Which texts.</param>
    /// <param name="decoder">Whose memory, borrowed until it is disposed.</param>
    /// <param name="cancellation">Ends encoding.</param>
    /// <exception cref="MemoryEmptyException">The datastore keeps nothing of these documents yet.</exception>
    /// <exception cref="ContextException">There are no such texts, or the settings do not go together.</exception>
    public async Task<OpenMemory> OpenAsync(
        LongInferenceRequest request,
        LoadedDecoder decoder,
        CancellationToken cancellation
    )
    {
        if (options.LayerBegin >= decoder.Model.Config.LayerCount)
        {
            throw new ContextException(
                $"Unlimiformer:layer_begin: {options.LayerBegin} found, but {decoder.Name} has "
                    + $"{decoder.Model.Config.LayerCount} layers; set it to {decoder.Model.Config.LayerCount - 1} or less, or "
                    + "to nothing."
            );
        }

        return request.Text is null && options.UseDatastore
            ? OpenStored(request, decoder)
            : await Task.Run(() => Encode(request, decoder, cancellation), cancellation);
    }

    private OpenMemory OpenStored(LongInferenceRequest request, LoadedDecoder decoder)
    {
        if (options.Conflict is { } conflict)
        {
            throw new ContextException(conflict);
        }

        var name = request.Datastore ?? InferenceSources.DefaultDatastore;
        var datastore = datastores.Open(name);
        var snapshot = datastore.Snapshot();
        try
        {
            var documents = sources.DocumentsOf(snapshot, name, request);
            var scope = MemoryScope.Of(snapshot, documents, decoder.FindKeys());
            var job = scope.PendingDocuments > 0 ? jobs.Ensure(name, MemoryKind.Unlimiformer, decoder.Name) : null;
            if (scope.Keys is not { } keys || scope.Tokens == 0)
            {
                throw new MemoryEmptyException(
                    $"The memory of {decoder.Name} holds nothing of these documents of datastore '{name}' yet. "
                        + MemoryJobs.Remedy(name, MemoryKind.Unlimiformer, job)
                );
            }

            var memory = new StoredMemory(scope.Documents);
            var citations = new MemoryCitations(memory, snapshot, decoder.Tokenizer, paths);
            var layout = LayoutOf(decoder, keys, KeyDepth.Selection);
            return new OpenMemory(memory, layout, keys.Encoder, citations.Cite)
            {
                PendingDocuments = scope.PendingDocuments,
                Job = job,
                DatastoreBytes = DatastoreManager.BytesOf(datastore),
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
        var keys = decoder.EnsureKeys(cancellation);
        var depth = options.Knn ? options.ReadingMode.Depth : KeyDepth.Selection;
        var layout = LayoutOf(decoder, keys, depth);
        var encoder =
            depth == KeyDepth.Selection ? null : new KeyEncoder(decoder.Model, layout, [.. keys.Frame.Before]);
        try
        {
            var memory = new TextMemory(encoder ?? keys.Encoder);
            var texts = new List<TokenText>();
            var left = options.EvalMaxSourceLength;
            string? note = null;
            foreach (var source in sources.Select(request).Sources)
            {
                cancellation.ThrowIfCancellationRequested();
                if (source.Read() is not { } content)
                {
                    continue;
                }

                var text = new TokenText(source.Path, content, decoder.Tokenizer);
                var tokens = text.Tokens[..Math.Min(left, text.Tokens.Length)].ToArray();
                if (tokens.Length < text.Tokens.Length)
                {
                    note =
                        $"Only the first {options.EvalMaxSourceLength} tokens were read, as Unlimiformer:eval_max_source_length says.";
                }

                if (tokens.Length > 0)
                {
                    left -= tokens.Length;
                    RequireRoom(options.EvalMaxSourceLength - left, layout);
                    memory.Add(source.Path, tokens, cancellation);
                    texts.Add(text);
                }
            }

            if (memory.Texts.Count == 0)
            {
                throw new MemoryEmptyException("These documents hold no text; ingest some.");
            }

            return new OpenMemory(memory, layout, encoder ?? keys.Encoder, span => Cite(texts[span.Text], span))
            {
                Note = note,
                Owned = encoder,
            };
        }
        catch
        {
            encoder?.Dispose();
            throw;
        }
    }

    private KeyLayout LayoutOf(LoadedDecoder decoder, DecoderKeys keys, KeyDepth depth) =>
        KeyLayout.Of(decoder.Model.Config, keys.Layout.Heads, depth, options.LayerBegin);

    private static void RequireRoom(long tokens, KeyLayout layout)
    {
        var bytes = tokens * layout.Shape.TokenBytes;
        var most = MaxShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > most)
        {
            throw new ContextException(
                $"Unlimiformer:eval_max_source_length: the texts have {tokens} tokens at least, whose keys and values take "
                    + $"{bytes >> 20} MB of the {(long)most >> 20} MB that a call may take; lower it, or set mode to reread."
            );
        }
    }

    private static Evidence Cite(TokenText text, MemorySpan span)
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
