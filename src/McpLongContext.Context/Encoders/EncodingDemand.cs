using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Catalog;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// What questions told the background encoding of a datastore: which documents they found without states, to be encoded
/// next, and the states that they computed themselves, to be stored and not computed again. Thread-safe.
/// </summary>
internal sealed class EncodingDemand
{
    /// <summary>Tokens that wait to be stored; more are computed again. About 25 MB.</summary>
    private const int MaxTokens = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<ContentKey> _contents = new();
    private readonly HashSet<ContentKey> _known = [];
    private List<(EncodedRun Run, ChunkSettings Chunks)> _states = [];
    private int _tokens;

    /// <summary>Passages were encoded for a question.</summary>
    /// <param name="document">Their document.</param>
    /// <param name="passages">Their states.</param>
    /// <param name="chunks">The settings that they were encoded with.</param>
    public void Add(StoredDocument document, EncodedPassages passages, ChunkSettings chunks)
    {
        lock (_gate)
        {
            if (_known.Add(document.ContentKey))
            {
                _contents.Enqueue(document.ContentKey);
            }

            // The states of other documents depend on the neighbours, which a question does not encode.
            var tokens = passages.TokenCounts.Sum();
            if (DocumentEncoder.ReadsPassagesAlone(document) && _tokens + tokens <= MaxTokens)
            {
                _states.Add((new EncodedRun(document.ContentKey, passages), chunks));
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

    /// <summary>The states that wait to be stored, those of these settings; none waits any longer.</summary>
    public IReadOnlyList<EncodedRun> TakeStates(ChunkSettings chunks)
    {
        lock (_gate)
        {
            var taken = _states;
            (_states, _tokens) = ([], 0);
            return [.. taken.Where(state => state.Chunks == chunks).Select(state => state.Run)];
        }
    }
}

/// <summary>The states of consecutive passages of a content.</summary>
/// <param name="Content">The content.</param>
/// <param name="Passages">Their states.</param>
internal sealed record EncodedRun(ContentKey Content, EncodedPassages Passages);
