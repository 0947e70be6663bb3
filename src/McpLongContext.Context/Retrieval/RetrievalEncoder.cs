using McpLongContext.Context.Encoders;
using McpLongContext.LongAttention.Unlimiformer;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>The encoder as questions use it, one after the other; thread-safe.</summary>
internal sealed class RetrievalEncoder
{
    private const string Continuation = "##";

    private readonly LoadedEncoder _model;
    private readonly Worker _worker;
    private readonly EncodingDemand? _demand;

    /// <summary>Creates an encoder whose late states are for the question alone.</summary>
    public RetrievalEncoder(LoadedEncoder model)
        : this(model, new Worker(model), demand: null) { }

    private RetrievalEncoder(LoadedEncoder model, Worker worker, EncodingDemand? demand) =>
        (_model, _worker, _demand) = (model, worker, demand);

    /// <summary>The encoder in memory.</summary>
    public LoadedEncoder Model => _model;

    /// <summary>Names the states that it computes.</summary>
    public string Key => _model.Key;

    /// <summary>The same encoder, which tells the background encoding what it had to encode.</summary>
    public RetrievalEncoder Telling(EncodingDemand demand) => new(_model, _worker, demand);

    /// <summary>Encodes a question.</summary>
    public EncodedQuestion EncodeQuestion(string question) => _worker.Run(worker => worker.EncodeQuestion(question));

    /// <summary>Encodes consecutive passages of a document.</summary>
    public EncodedPassages Encode(
        StoredDocument document,
        IReadOnlyList<Passage> passages,
        ChunkSettings chunks,
        CancellationToken cancellation
    )
    {
        var encoded = _worker.Run(worker => worker.Encode(document, passages, cancellation), chunks);
        _demand?.Add(document, encoded, chunks);
        return encoded;
    }

    /// <summary>The words of a question with the number of states that each of them has, in order.</summary>
    public IReadOnlyList<(string Word, int Pieces)> WordsOf(EncodedQuestion question)
    {
        var words = new List<(string Word, int Pieces)>();
        foreach (var token in question.Tokens)
        {
            var piece = _model.Encoder.Tokenizer.TokenText(token);
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

    /// <summary>One run state, for one question at a time.</summary>
    private sealed class Worker(LoadedEncoder model)
    {
        private readonly Lock _gate = new();
        private ChunkSettings _chunks = new();
        private DocumentEncoder _encoder = new(model.Encoder, new ChunkSettings());

        public T Run<T>(Func<DocumentEncoder, T> work, ChunkSettings? chunks = null)
        {
            lock (_gate)
            {
                if (chunks is not null && chunks != _chunks)
                {
                    _chunks = chunks;
                    _encoder = new DocumentEncoder(model.Encoder, chunks);
                }

                return work(_encoder);
            }
        }
    }
}
