using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// Finds the heads of a decoder that retrieve: it reads a text with planted facts and is asked for each, and those
/// heads of one key head are taken that tell the fact asked for from everything else most clearly.
/// </summary>
public static class HeadCalibration
{
    /// <summary>Raised whenever it may find other heads, so that stored ones are told apart.</summary>
    public const int Version = 1;

    /// <summary>The most heads: more of them add time and no certainty.</summary>
    private const int MaxHeads = 4;

    /// <summary>The most that one fact counts, in powers of e.</summary>
    private const double MaxMargin = 3;

    /// <summary>Calibrates a model; takes about as long as it needs for 3,000 tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The decoder's tokenizer.</param>
    /// <param name="header">The tokens before each window.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    /// <param name="cancellation">Ends the work between blocks.</param>
    /// <returns>The heads; the first one of the middle layer, with a hit rate of 0, where the window holds no fact.</returns>
    /// <exception cref="ArgumentException">The header leaves no room in the model's window.</exception>
    public static RetrievalHeads Run(
        Decoder model,
        Tokenizer tokenizer,
        ReadOnlySpan<int> header,
        int? threads = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        var document = CalibrationDocument.Plant(
            tokenizer,
            Math.Min(model.Config.ContextLength - header.Length, 2048 - header.Length)
        );
        if (document.Facts.Count == 0)
        {
            // A window too small for one fact tells nothing of the heads; modes that search in every layer need none.
            return new RetrievalHeads(model.Config.LayerCount / 2, 0, [0], HitRate: 0);
        }

        using var reading = new Reading(model, header, threads);
        reading.Read(document.Tokens, cancellation);
        var empty = reading.Ask(tokenizer.Encode(SelectionQuery.Empty), cancellation);
        var margins = new Margins[document.Facts.Count];
        for (var i = 0; i < margins.Length; i++)
        {
            var asked = reading.Ask(tokenizer.Encode(document.Facts[i].Question), cancellation);
            margins[i] = new Margins(asked, empty, document.Facts[i].First, document.Facts[i].End);
        }

        return KvHeads(model.Config, reading.Layers)
            .Select(kvHead => Choose(model.Config, margins, kvHead.Layer, kvHead.KeyValueHead))
            .MaxBy(choice => choice.Margin)
            .Heads;
    }

    private static IEnumerable<(int Layer, int KeyValueHead)> KvHeads(DecoderConfig config, int layers) =>
        from layer in Enumerable.Range(0, layers)
        from @kvHead in Enumerable.Range(0, config.KeyValueHeadCount)
        select (layer, @kvHead);

    /// <summary>Adds query heads of a KV head as long as they make the facts stand out more.</summary>
    private static (double Margin, RetrievalHeads Heads) Choose(
        DecoderConfig config,
        Margins[] facts,
        int layer,
        int kvHead
    )
    {
        var size = config.HeadCount / config.KeyValueHeadCount;
        var open = Enumerable.Range(kvHead * size, size).ToList();
        var chosen = new List<int>();
        var best = double.NegativeInfinity;
        while (open.Count > 0 && chosen.Count < MaxHeads)
        {
            var (head, margin) = open.Select(one => (one, Mean(facts, layer, [.. chosen, one])))
                .MaxBy(one => one.Item2);
            if (margin <= best)
            {
                break;
            }

            best = margin;
            chosen.Add(head);
            open.Remove(head);
        }

        chosen.Sort();
        var hits = facts.Count(fact => fact.Of(layer, chosen) > 0);
        return (best, new RetrievalHeads(layer, kvHead, chosen, (double)hits / facts.Length));
    }

    private static double Mean(Margins[] facts, int layer, IReadOnlyList<int> heads) =>
        facts.Average(fact => Math.Clamp(fact.Of(layer, heads), -MaxMargin, MaxMargin));

    /// <summary>How far a fact stands out from everything else for its question, by head.</summary>
    /// <param name="asked">Scores of the question, [layer][head][token].</param>
    /// <param name="empty">Those of a question without content.</param>
    /// <param name="first">The fact's first token.</param>
    /// <param name="end">The token after it.</param>
    private sealed class Margins(float[][][] asked, float[][][] empty, int first, int end)
    {
        /// <summary>log(best score in the fact / best score outside of it), of the mean of the heads.</summary>
        public double Of(int layer, IReadOnlyList<int> heads)
        {
            var sum = new float[asked[layer][0].Length];
            foreach (var head in heads)
            {
                TensorPrimitives.Add(sum, asked[layer][head], sum);
                TensorPrimitives.Subtract(sum, empty[layer][head], sum);
            }

            var inside = TensorPrimitives.Max<float>(sum.AsSpan(first, end - first));
            var outside = Math.Max(Largest(sum.AsSpan(0, first)), Largest(sum.AsSpan(end)));
            return Math.Log(Math.Max(inside, 1e-9) / Math.Max(outside, 1e-9));
        }
    }

    /// <summary>The largest number, 0 of none: the last fact may end the text.</summary>
    private static float Largest(ReadOnlySpan<float> numbers) => numbers.IsEmpty ? 0 : TensorPrimitives.Max(numbers);

    /// <summary>A text that was read: the keys of all layers that may select.</summary>
    private sealed class Reading : IDisposable
    {
        private readonly DecoderConfig _config;
        private readonly ComputeThreadPool _threadPool;
        private readonly DecoderSession _session;
        private readonly int _header;
        private readonly List<float>[] _keys;
        private List<float>[]? _queries;
        private bool _isReading;

        public Reading(Decoder model, ReadOnlySpan<int> header, int? threads)
        {
            _config = model.Config;
            // Heads that retrieve stand in the middle of a model, and what lies beyond costs too much for every text.
            Layers = Math.Max(1, (model.Config.LayerCount * 3 / 4) + 1);
            Layers = Math.Min(Layers, model.Config.LayerCount);
            _keys = [.. Enumerable.Range(0, Layers).Select(_ => new List<float>())];
            _threadPool = new ComputeThreadPool(threads ?? Environment.ProcessorCount);
            var attention = new CapturingAttention(new CausalAttention(model.Config), Layers - 1, Take);
            _session = model.CreateSession(attention, Layers - 1, threads);
            _session.Forward(header, []);
            _header = header.Length;
        }

        /// <summary>The layers that may select: the first so many.</summary>
        public int Layers { get; }

        public void Read(ReadOnlySpan<int> tokens, CancellationToken cancellation)
        {
            _isReading = true;
            _session.Forward(tokens, [], cancellation);
            _isReading = false;
        }

        /// <summary>How much the tokens of a question attend to each token of the text, [layer][head][token].</summary>
        public float[][][] Ask(ReadOnlySpan<int> question, CancellationToken cancellation)
        {
            _queries = [.. Enumerable.Range(0, Layers).Select(_ => new List<float>())];
            _session.Truncate(_header);
            _session.Forward(question, [], cancellation);
            var queries = _queries;
            var scores = new float[Layers][][];
            _threadPool.Run(Layers, layer => scores[layer] = Score([.. queries[layer]], [.. _keys[layer]]));
            return scores;
        }

        public void Dispose()
        {
            _session.Dispose();
            _threadPool.Dispose();
        }

        private void Take(AttentionBlock block)
        {
            if (_isReading)
            {
                _keys[block.Layer].AddRange(block.Keys.Span);
            }
            else
            {
                _queries?[block.Layer].AddRange(block.Queries.Span);
            }
        }

        private float[][] Score(float[] queries, float[] keys)
        {
            var scores = new float[_config.HeadCount][];
            var tokens = keys.Length / _config.KeyValueSize;
            var asked = queries.Length / _config.QuerySize;
            for (var head = 0; head < scores.Length; head++)
            {
                var kvHead = head / (_config.HeadCount / _config.KeyValueHeadCount);
                var packed = PackedMatrix.Pack(
                    Column(keys, _config.KeyValueSize, kvHead, _config.HeadDim),
                    tokens,
                    _config.HeadDim
                );
                var shares = new float[asked * tokens];
                var rows = Column(queries, _config.QuerySize, head, _config.HeadDim);
                MatrixProduct.Multiply(rows, packed, bias: [], shares);
                TensorPrimitives.Multiply(shares, _config.ScoreScale, shares);
                Softmax.Apply(shares, tokens);
                scores[head] = new float[tokens];
                foreach (var row in shares.Chunk(tokens))
                {
                    TensorPrimitives.Add(scores[head], row, scores[head]);
                }

                TensorPrimitives.Divide(scores[head], asked, scores[head]);
            }

            return scores;
        }

        private static float[] Column(float[] rows, int rowSize, int index, int width)
        {
            var column = new float[rows.Length / rowSize * width];
            for (var row = 0; row * rowSize < rows.Length; row++)
            {
                rows.AsSpan((row * rowSize) + (index * width), width).CopyTo(column.AsSpan(row * width));
            }

            return column;
        }
    }
}
