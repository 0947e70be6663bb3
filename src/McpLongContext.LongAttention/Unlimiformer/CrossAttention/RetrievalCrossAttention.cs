using System.Diagnostics;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Search;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// Unlimiformer's cross-attention (Bertsch et al., arXiv 2305.01625): at every step each head of each layer retrieves
/// its own top k of all encoder states of a source of any length, and attends to them alone. With k at all tokens or
/// more it is the model's own cross-attention.
/// </summary>
public sealed class RetrievalCrossAttention : ICrossAttention
{
    /// <summary>The most tokens that a head attends to, whatever the window.</summary>
    public const int MaxTop = 2048;

    /// <summary>Candidates of a search that is off a little, by the tokens that are wanted.</summary>
    private const double Candidates = 1.125;

    private readonly IEncodedSource _source;
    private readonly CrossProjections _projections;
    private readonly CachedCrossAttention? _lower;
    private readonly StackConfig _stack;
    private readonly float _scale;
    private readonly int _top;
    private readonly int _candidates;
    private readonly Stopwatch _search = new();
    private float[] _expanded = []; // [rows, heads, dimensions]
    private float[][] _scores = []; // by block: [rows * heads, tokens of the block]
    private Head[] _heads = []; // by row and head

    /// <summary>Prepares a target.</summary>
    /// <param name="projections">The model's projections, which say the first layer that retrieves.</param>
    /// <param name="source">The source.</param>
    /// <param name="top">Tokens that a head attends to.</param>
    /// <param name="lower">
    /// How the layers before attend: to the first window of the source. Null where all layers retrieve.
    /// </param>
    /// <exception cref="ArgumentException">Layers before are left without attention, or widths differ.</exception>
    public RetrievalCrossAttention(
        CrossProjections projections,
        IEncodedSource source,
        int top,
        CachedCrossAttention? lower = null
    )
    {
        ArgumentNullException.ThrowIfNull(projections);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        var config = projections.Model.Config;
        if (source.Dimensions != config.HiddenSize)
        {
            throw new ArgumentException(
                $"states of {source.Dimensions} dimensions found, expected {config.HiddenSize}.",
                nameof(source)
            );
        }

        if (projections.LayerBegin > 0 && lower is null)
        {
            throw new ArgumentException($"nothing found, expected {projections.LayerBegin} layers.", nameof(lower));
        }

        (_projections, _source, _lower, _stack) = (projections, source, lower, config.Decoder);
        _scale = config.AttentionScale ?? 1 / MathF.Sqrt(_stack.HeadDim);
        _top = Math.Min(top, source.Tokens);
        _candidates = source.IsApproximate ? (int)Math.Min(Math.Ceiling(_top * Candidates), source.Tokens) : _top;
    }

    /// <summary>Records what is attended to; null: nothing.</summary>
    public AttendedSource? Attended { get; init; }

    /// <summary>The time that searching took so far.</summary>
    public TimeSpan SearchTime => _search.Elapsed;

    /// <inheritdoc />
    public void Attend(
        int layer,
        int rows,
        ReadOnlyMemory<float> queries,
        Memory<float> attended,
        ComputeThreadPool threadPool
    )
    {
        ArgumentNullException.ThrowIfNull(threadPool);
        if (layer < _projections.LayerBegin)
        {
            _lower!.Attend(layer, rows, queries, attended, threadPool);
            return;
        }

        Reserve(rows);
        threadPool.Run(rows * _stack.HeadCount, part => Expand(layer, part, queries.Span));
        _search.Start();
        Search(rows, threadPool);
        _search.Stop();
        threadPool.Run(
            rows * _stack.HeadCount,
            part => Attend(layer, part, attended.Span.Slice(part * _stack.HeadDim, _stack.HeadDim))
        );
        Record(rows);
    }

    /// <inheritdoc />
    public void EndStep(int firstRow, int rows)
    {
        _lower?.EndStep(firstRow, rows);
        Attended?.EndStep(firstRow, rows);
    }

    private void Expand(int layer, int part, ReadOnlySpan<float> queries) =>
        _projections.Expand(
            layer,
            part % _stack.HeadCount,
            queries.Slice(part * _stack.HeadDim, _stack.HeadDim),
            Expanded(part)
        );

    private void Search(int rows, ComputeThreadPool threadPool)
    {
        var parts = rows * _stack.HeadCount;
        if (_top == _source.Tokens)
        {
            threadPool.Run(parts, part => _heads[part].TakeAll(_top));
            return;
        }

        threadPool.Run(
            _source.Blocks,
            block =>
                _source.Score(
                    block,
                    _expanded.AsSpan(0, parts * _source.Dimensions),
                    _scores[block].AsSpan(0, parts * _source.RangeOf(block).Count)
                )
        );
        threadPool.Run(
            parts,
            part =>
            {
                for (var block = 0; block < _source.Blocks; block++)
                {
                    var (first, count) = _source.RangeOf(block);
                    _heads[part].Best.Add(_scores[block].AsSpan(part * count, count), first);
                }

                _heads[part].Count = _heads[part].Best.Take(_heads[part].Tokens);
            }
        );
    }

    /// <summary>One head of one hypothesis attends to the tokens that it found.</summary>
    private void Attend(int layer, int part, Span<float> attended)
    {
        var head = _heads[part];
        var tokens = head.Tokens.AsSpan(0, head.Count);
        var weights = head.Weights.AsSpan(0, head.Count);
        _source.Dot(tokens, Expanded(part), weights);
        if (head.Count > _top)
        {
            TopScores.Partition(weights, tokens, _top);
            tokens = tokens[.._top];
            weights = weights[.._top];
            head.Count = _top;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] *= _scale;
        }

        Softmax.Apply(weights, weights.Length);
        _source.Sum(tokens, weights, head.Sum);
        _projections.Project(layer, part % _stack.HeadCount, head.Sum, attended);
    }

    private void Record(int rows)
    {
        if (Attended is not { } record)
        {
            return;
        }

        for (var part = 0; part < rows * _stack.HeadCount; part++)
        {
            var head = _heads[part];
            record.Add(part / _stack.HeadCount, head.Tokens.AsSpan(0, head.Count), head.Weights.AsSpan(0, head.Count));
        }
    }

    private Span<float> Expanded(int part) => _expanded.AsSpan(part * _source.Dimensions, _source.Dimensions);

    private void Reserve(int rows)
    {
        var parts = rows * _stack.HeadCount;
        if (_heads.Length >= parts)
        {
            return;
        }

        _expanded = new float[parts * _source.Dimensions];
        _heads = [.. Enumerable.Range(0, parts).Select(_ => new Head(_candidates, _source.Dimensions))];
        _scores =
            _top == _source.Tokens
                ? []
                :
                [
                    .. Enumerable
                        .Range(0, _source.Blocks)
                        .Select(block => new float[parts * _source.RangeOf(block).Count]),
                ];
    }

    /// <summary>The buffers of one head of one hypothesis.</summary>
    private sealed class Head(int candidates, int dimensions)
    {
        public TopScores Best { get; } = new(candidates);

        public int[] Tokens { get; } = new int[candidates];

        public float[] Weights { get; } = new float[candidates];

        public float[] Sum { get; } = new float[dimensions];

        public int Count { get; set; }

        public void TakeAll(int tokens)
        {
            Count = tokens;
            for (var token = 0; token < tokens; token++)
            {
                Tokens[token] = token;
            }
        }
    }
}
