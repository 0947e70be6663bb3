using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Catalog;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// The requests of queries to a datastore's background encoding: documents that they found without embeddings, to be
/// encoded next, and the embeddings that they computed themselves, to be stored and not computed again. Thread-safe.
/// </summary>
internal sealed class EncodingDemand
{
    /// <summary>Tokens that wait to be stored; more are computed again. About 25 MB.</summary>
    private const int MaxTokens = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<ContentKey> _contents = new();
    private readonly HashSet<ContentKey> _known = [];
    private List<(EncodedRun Run, ChunkSettings Chunks)> _embeddings = [];
    private int _tokens;

    /// <summary>Passages were encoded for a query.</summary>
    /// <param name="document">The document of the passages.</param>
    /// <param name="passages">The passages' embeddings.</param>
    /// <param name="chunks">The settings that they were encoded with.</param>
    public void Add(StoredDocument document, EncodedPassages passages, ChunkSettings chunks)
    {
        lock (_gate)
        {
            if (_known.Add(document.ContentKey))
            {
                _contents.Enqueue(document.ContentKey);
            }

            // The embeddings of other documents depend on the neighbors, which a query does not encode.
            var tokens = passages.TokenCounts.Sum();
            if (DocumentEncoder.ReadsPassagesAlone(document) && _tokens + tokens <= MaxTokens)
            {
                _embeddings.Add((new EncodedRun(document.ContentKey, passages), chunks));
                _tokens += tokens;
            }
        }
    }

    /// <summary>The content that was asked for first and not taken yet.</summary>
    public bool TryTakeContent(out ContentKey content)
    {
        lock (_gate)
        {
            return _contents.TryDequeue(out content) && _known.Remove(content);
        }
    }

    /// <summary>The embeddings that wait to be stored, those of these settings; none waits any longer.</summary>
    public IReadOnlyList<EncodedRun> TakeEmbeddings(ChunkSettings chunks)
    {
        lock (_gate)
        {
            var taken = _embeddings;
            (_embeddings, _tokens) = ([], 0);
            return [.. taken.Where(state => state.Chunks == chunks).Select(state => state.Run)];
        }
    }
}

/// <summary>The embeddings of consecutive passages of a content.</summary>
/// <param name="Content">The content.</param>
/// <param name="Passages">The passages' embeddings.</param>
internal sealed record EncodedRun(ContentKey Content, EncodedPassages Passages);
