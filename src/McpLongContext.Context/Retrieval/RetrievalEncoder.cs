using McpLongContext.Context.Encoders;
using McpLongContext.LongAttention.Unlimiformer;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>The encoder as questions use it, one after the other; thread-safe.</summary>
internal sealed class RetrievalEncoder(LoadedEncoder model)
{
    private const string Continuation = "##";

    private readonly Lock _gate = new();
    private ChunkSettings _chunks = new();
    private DocumentEncoder _worker = new(model.Encoder, new ChunkSettings());

    /// <summary>Names the states that it computes.</summary>
    public string Key => model.Key;

    /// <summary>Encodes a question.</summary>
    public EncodedQuestion EncodeQuestion(string question)
    {
        lock (_gate)
        {
            return _worker.EncodeQuestion(question);
        }
    }

    /// <summary>Encodes consecutive passages of a document.</summary>
    public EncodedPassages Encode(
        StoredDocument document,
        IReadOnlyList<Passage> passages,
        ChunkSettings chunks,
        CancellationToken cancellation
    )
    {
        lock (_gate)
        {
            if (chunks != _chunks)
            {
                _chunks = chunks;
                _worker = new DocumentEncoder(model.Encoder, chunks);
            }

            return _worker.Encode(document, passages, cancellation);
        }
    }

    /// <summary>The words of a question with the number of states that each of them has, in order.</summary>
    public IReadOnlyList<(string Word, int Pieces)> WordsOf(EncodedQuestion question)
    {
        var words = new List<(string Word, int Pieces)>();
        foreach (var token in question.Tokens)
        {
            var piece = model.Encoder.Tokenizer.TokenText(token);
            if (words.Count > 0 && piece.StartsWith(Continuation, StringComparison.Ordinal))
            {
                words[^1] = (words[^1].Word + piece[Continuation.Length..], words[^1].Pieces + 1);
            }
            else
            {
                words.Add((piece, 1));
            }
        }

        return words;
    }
}
