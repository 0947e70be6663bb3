using McpLongContext.Context.Encoders;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>The encoder as questions use it, as many at once as there are cores; thread-safe.</summary>
internal sealed class RetrievalEncoder
{
    private const string Continuation = "##";
    private const int MultilingualVocabulary = 60_000;

    private readonly LoadedEncoder _model;
    private readonly Workers _workers;
    private readonly RecentQueries _recent;
    private readonly EncodingDemand? _demand;

    /// <summary>Creates an encoder whose late embeddings are for the question alone.</summary>
    public RetrievalEncoder(LoadedEncoder model)
        : this(model, new Workers(model), new RecentQueries(), demand: null) { }

    private RetrievalEncoder(LoadedEncoder model, Workers workers, RecentQueries recent, EncodingDemand? demand) =>
        (_model, _workers, _recent, _demand) = (model, workers, recent, demand);

    /// <summary>
    /// Whether it was trained on a language, or one of its script. Where that is not known the vocabulary tells: those
    /// of many languages need four times as many pieces of words, and more, than those of English.
    /// </summary>
    public bool Knows(ForeignLanguage language) =>
        _model.Languages is { } languages
            ? language.Codes.Any(code => languages.Contains(code, StringComparer.Ordinal))
            : _model.Encoder.Tokenizer.VocabularySize >= MultilingualVocabulary;

    /// <summary>The encoder in RAM.</summary>
    public LoadedEncoder Model => _model;

    /// <summary>Names the embeddings that it computes.</summary>
    public string Key => _model.Key;

    /// <summary>The same encoder, which tells the background encoding what it had to encode.</summary>
    public RetrievalEncoder Telling(EncodingDemand demand) => new(_model, _workers, _recent, demand);

    /// <summary>Encodes a question.</summary>
    public EncodedQuery EncodeQuery(string question) =>
        _recent.GetOrAdd(question, () => _workers.Run(new ChunkSettings(), worker => worker.EncodeQuery(question)));

    /// <summary>Encodes consecutive passages of a document.</summary>
    public EncodedPassages Encode(
        StoredDocument document,
        IReadOnlyList<Passage> passages,
        ChunkSettings chunks,
        CancellationToken cancellation
    )
    {
        var encoded = _workers.Run(chunks, worker => worker.Encode(document, passages, cancellation));
        _demand?.Add(document, encoded, chunks);
        return encoded;
    }

    /// <summary>The number of embeddings that a text has.</summary>
    /// <param name="text">The text as the encoder reads it.</param>
    public int CountEmbeddings(string text)
    {
        var tokenizer = _model.Encoder.Tokenizer;
        return tokenizer.Tokenize(text).Count(token => !tokenizer.IsPunctuation(token));
    }

    /// <summary>The words of a question with the number of embeddings that each of them has, in order.</summary>
    public IReadOnlyList<(string Word, int Pieces)> WordsOf(EncodedQuery question)
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

    /// <summary>Sessions, a core each, made when they are first needed.</summary>
    private sealed class Workers(LoadedEncoder model)
    {
        private readonly Stack<Worker?> _idle = new(new Worker?[Environment.ProcessorCount]);

        public T Run<T>(ChunkSettings chunks, Func<DocumentEncoder, T> work)
        {
            var worker = Take();
            try
            {
                if (worker?.Chunks != chunks)
                {
                    worker = new Worker(chunks, new DocumentEncoder(model.Encoder, chunks));
                }

                return work(worker.Encoder);
            }
            finally
            {
                Return(worker);
            }
        }

        private Worker? Take()
        {
            lock (_idle)
            {
                Worker? worker;
                while (!_idle.TryPop(out worker))
                {
                    Monitor.Wait(_idle);
                }

                return worker;
            }
        }

        private void Return(Worker? worker)
        {
            lock (_idle)
            {
                _idle.Push(worker);
                Monitor.Pulse(_idle);
            }
        }
    }

    private sealed record Worker(ChunkSettings Chunks, DocumentEncoder Encoder);
}
