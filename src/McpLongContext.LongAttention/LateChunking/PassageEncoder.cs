using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using McpLongContext.Inference.Bert;

namespace McpLongContext.LongAttention.LateChunking;

/// <summary>
/// Encodes the passages of a long document. One pass of the encoder over chunks gives both signals of the search: the
/// token embeddings, and each passage's vector as the mean of its token embeddings ("late chunking", arXiv 2409.04701).
/// The embeddings of tokens without a letter or digit are not kept: they retrieve nothing. For one worker: it owns a
/// run state.
/// </summary>
public sealed class PassageEncoder
{
    /// <summary>Raised whenever the embeddings of a passage change, so that stored ones are told apart.</summary>
    public const int Version = 2;

    /// <summary>Tokens that a header may take.</summary>
    private const int MaxHeaderTokens = 40;

    /// <summary>
    /// Tokens that go through the encoder together: enough for the matrix product, few enough for the cache.
    /// </summary>
    private const int BatchTokens = 512;

    private readonly BertEncoder _encoder;
    private readonly BertSession _session;
    private readonly ChunkSettings _chunks;
    private readonly Action<CancellationToken>? _pause;
    private readonly int _hidden;
    private readonly List<int> _tokens = [];
    private readonly List<int> _batch = [];
    private readonly List<int> _lengths = [];
    private float[] _embeddings = [];

    /// <summary>Creates a worker.</summary>
    /// <param name="encoder">Shared by all workers.</param>
    /// <param name="chunks">How passages are cut into chunks.</param>
    /// <param name="pause">Called before every batch of passages, to hold the worker up while others need the
    /// cores.</param>
    public PassageEncoder(BertEncoder encoder, ChunkSettings chunks, Action<CancellationToken>? pause = null)
    {
        _encoder = encoder;
        _session = encoder.CreateSession();
        _chunks = chunks;
        _pause = pause;
        _hidden = encoder.EmbeddingSize;
    }

    /// <summary>Encodes consecutive passages that are read together, each in the light of its neighbors.</summary>
    /// <param name="texts">The text that the encoder reads for each passage.</param>
    /// <param name="firstOrdinal">The first one's number within its document.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public EncodedPassages Encode(IReadOnlyList<string> texts, int firstOrdinal, CancellationToken cancellation)
    {
        var lengths = Tokenize(texts);
        var capacity = Capacity;
        var chunks = ChunkPlan.Of(lengths, capacity, Math.Min(_chunks.Margin, (capacity - 1) / 2));
        return Encode(lengths, chunks.Select(chunk => new PrefixedChunk([], chunk)), firstOrdinal, cancellation);
    }

    /// <summary>
    /// Encodes consecutive passages that stand for themselves: each is read alone, after a header that says where it
    /// stands.
    /// </summary>
    /// <param name="texts">The text that the encoder reads for each passage.</param>
    /// <param name="headers">A header for each; what is longer than a quarter of a chunk loses its beginning.</param>
    /// <param name="firstOrdinal">The first one's number within its document.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public EncodedPassages Encode(
        IReadOnlyList<string> texts,
        IReadOnlyList<string> headers,
        int firstOrdinal,
        CancellationToken cancellation
    )
    {
        var lengths = Tokenize(texts);
        var chunks = new List<PrefixedChunk>();
        var start = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            var prefix = Header(headers[i]);
            foreach (var chunk in ChunkPlan.Of([lengths[i]], Capacity - prefix.Length, margin: 0))
            {
                var moved = chunk with { First = start + chunk.First, CoreFirst = start + chunk.CoreFirst };
                chunks.Add(new PrefixedChunk(prefix, moved));
            }

            start += lengths[i];
        }

        return Encode(lengths, chunks, firstOrdinal, cancellation);
    }

    /// <summary>Encodes a question; what is longer than the encoder's window is left out.</summary>
    public EncodedQuery EncodeQuery(string question)
    {
        var lengths = Tokenize([question]);
        lengths[0] = Math.Min(lengths[0], _encoder.MaxTextTokens);
        var output = new Output(lengths, _tokens, _encoder, _hidden);
        var chunk = new Chunk(0, lengths[0], 0, lengths[0]);
        Append(new PrefixedChunk([], chunk));
        Run([new PrefixedChunk([], chunk)], output, CancellationToken.None);
        var encoded = output.Finish(firstOrdinal: 0, read: 0);
        var kept = _tokens.Take(lengths[0]).Where(token => !_encoder.Tokenizer.IsPunctuation(token));
        return new EncodedQuery([.. kept], encoded.Embeddings, encoded.Pooled);
    }

    /// <summary>Tokens of header and text in a chunk.</summary>
    private int Capacity => Math.Min(_chunks.Size, _encoder.Config.MaxPositions) - 2;

    private EncodedPassages Encode(
        int[] lengths,
        IEnumerable<PrefixedChunk> chunks,
        int firstOrdinal,
        CancellationToken cancellation
    )
    {
        var output = new Output(lengths, _tokens, _encoder, _hidden);
        var read = 0;
        var waiting = new List<PrefixedChunk>();
        foreach (var chunk in chunks)
        {
            waiting.Add(chunk);
            Append(chunk);
            if (_batch.Count >= BatchTokens)
            {
                read += Run(waiting, output, cancellation);
            }
        }

        read += Run(waiting, output, cancellation);
        return output.Finish(firstOrdinal, read);
    }

    private int[] Header(string header)
    {
        var tokens = _encoder.Tokenizer.Tokenize(header);
        var most = Math.Min(MaxHeaderTokens, Capacity / 4);
        return tokens.Length <= most ? tokens : tokens[^most..];
    }

    private int[] Tokenize(IReadOnlyList<string> texts)
    {
        _tokens.Clear();
        var lengths = new int[texts.Count];
        for (var i = 0; i < lengths.Length; i++)
        {
            var before = _tokens.Count;
            _encoder.Tokenizer.Tokenize(texts[i], _tokens);
            lengths[i] = _tokens.Count - before;
        }

        return lengths;
    }

    private void Append(PrefixedChunk chunk)
    {
        var before = _batch.Count;
        _batch.Add(_encoder.Tokenizer.ClsId);
        _batch.AddRange(chunk.Prefix);
        _batch.AddRange(CollectionsMarshal.AsSpan(_tokens).Slice(chunk.Chunk.First, chunk.Chunk.Count));
        _batch.Add(_encoder.Tokenizer.SepId);
        _lengths.Add(_batch.Count - before);
    }

    /// <summary>Runs the batch and hands the embeddings of its cores on; returns the tokens read.</summary>
    private int Run(List<PrefixedChunk> chunks, Output output, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _pause?.Invoke(cancellation);
        var tokens = _batch.Count;
        if (_embeddings.Length < tokens * _hidden)
        {
            _embeddings = new float[tokens * _hidden];
        }

        var embeddings = _embeddings.AsSpan(0, tokens * _hidden);
        if (tokens > 0)
        {
            _session.Embed(CollectionsMarshal.AsSpan(_batch), CollectionsMarshal.AsSpan(_lengths), embeddings);
        }

        var start = 0;
        for (var i = 0; i < chunks.Count; i++)
        {
            var (prefix, chunk) = chunks[i];
            var core = start + 1 + prefix.Length + chunk.CoreFirst - chunk.First;
            output.Add(chunk, embeddings.Slice(core * _hidden, chunk.CoreCount * _hidden));
            start += _lengths[i];
        }

        chunks.Clear();
        _batch.Clear();
        _lengths.Clear();
        return tokens;
    }

    /// <summary>A chunk and what is read before it.</summary>
    private readonly record struct PrefixedChunk(int[] Prefix, Chunk Chunk);

    /// <summary>Receives the embeddings of the cores in order and keeps what belongs to the passages.</summary>
    private sealed class Output
    {
        private readonly List<int> _tokens;
        private readonly BertEncoder _encoder;
        private readonly int _hidden;
        private readonly int[] _ends;
        private readonly int[] _counts;
        private readonly float[] _pooled;
        private readonly float[] _embeddings;
        private int _passage;
        private int _kept;

        public Output(int[] lengths, List<int> tokens, BertEncoder encoder, int hidden)
        {
            _tokens = tokens;
            _encoder = encoder;
            _hidden = hidden;
            _ends = new int[lengths.Length];
            var end = 0;
            for (var i = 0; i < lengths.Length; i++)
            {
                _ends[i] = end += lengths[i];
            }

            _counts = new int[lengths.Length];
            _pooled = new float[lengths.Length * hidden];
            _embeddings = new float[tokens.Take(end).Count(IsKept) * hidden];
        }

        public void Add(Chunk chunk, ReadOnlySpan<float> embeddings)
        {
            for (var i = 0; i < chunk.CoreCount; i++)
            {
                var token = chunk.CoreFirst + i;
                while (token >= _ends[_passage])
                {
                    _passage++;
                }

                if (IsKept(_tokens[token]))
                {
                    Keep(embeddings.Slice(i * _hidden, _hidden));
                }
            }
        }

        public EncodedPassages Finish(int firstOrdinal, int read)
        {
            for (var i = 0; i < _counts.Length; i++)
            {
                Normalize(_pooled.AsSpan(i * _hidden, _hidden));
            }

            return new EncodedPassages(firstOrdinal, _counts, _embeddings, _pooled, read);
        }

        private static void Normalize(Span<float> vector)
        {
            var length = TensorPrimitives.Norm(vector);
            if (length > 0)
            {
                TensorPrimitives.Divide(vector, length, vector);
            }
        }

        private bool IsKept(int token) => !_encoder.Tokenizer.IsPunctuation(token);

        private void Keep(ReadOnlySpan<float> state)
        {
            var pooled = _pooled.AsSpan(_passage * _hidden, _hidden);
            TensorPrimitives.Add(pooled, state, pooled);
            var kept = _embeddings.AsSpan(_kept++ * _hidden, _hidden);
            state.CopyTo(kept);
            Normalize(kept);
            _counts[_passage]++;
        }
    }
}
