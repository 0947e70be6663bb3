using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;

namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>
/// Infini-attention (Munkhdalai et al., arXiv 2404.07143): a sequence of any length in RAM of constant size. It is cut
/// into segments; a token attends to its own segment as the model was trained to, and reads what a
/// <see cref="CompressiveMemory"/> holds of all segments before; a gate for each head says how much of each it takes.
/// </summary>
/// <remarks>
/// The tokens of the current segment are kept as keys and values, as in any generation. The segment is written into
/// compressive memory when it is complete and another token comes, so that until then it can be truncated. Positions
/// begin anew in every segment. Where a gate is closed or the compressive memory is empty, the output is that of local
/// attention, bit for bit: within the first segment closed gates give the model's plain output, after it that of the
/// model reading each segment by itself.
/// </remarks>
public sealed class SegmentedAttention : IAttention
{
    private readonly DecoderConfig _config;
    private readonly InfiniGates _gates;
    private readonly KeyValueCache[] _segments;
    private readonly int[] _starts;
    private readonly RotaryTable _rotary;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="memory">The compressive memory of earlier text; the sequence's segments are added to it.</param>
    /// <param name="gates">How much each head reads of it.</param>
    /// <param name="segmentTokens">Tokens of a segment, at most the model's window; null: the window.</param>
    /// <exception cref="ArgumentException">The compressive memory is of another shape.</exception>
    public SegmentedAttention(
        DecoderConfig config,
        CompressiveMemory memory,
        InfiniGates gates,
        int? segmentTokens = null
    )
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(gates);
        SegmentTokens = segmentTokens ?? config.ContextLength;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(SegmentTokens, nameof(segmentTokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentTokens, config.ContextLength, nameof(segmentTokens));
        if (
            (memory.Layers, memory.Heads, memory.HeadDim)
            != (config.LayerCount, config.KeyValueHeadCount, config.HeadDim)
        )
        {
            throw new ArgumentException(
                $"{memory.Layers} layers of {memory.Heads} heads of {memory.HeadDim} found, "
                    + $"expected {config.LayerCount} of {config.KeyValueHeadCount} of {config.HeadDim}.",
                nameof(memory)
            );
        }

        (_config, Memory, _gates) = (config, memory, gates);
        _segments = new KeyValueCache[config.LayerCount];
        for (var layer = 0; layer < _segments.Length; layer++)
        {
            _segments[layer] = new KeyValueCache(config.KeyValueHeadCount, config.HeadDim);
        }

        _starts = new int[config.LayerCount];
        _rotary = CachedAttention.Rotation(config);
    }

    /// <summary>No sequence is too long.</summary>
    public int MaxTokens => int.MaxValue;

    /// <summary>Tokens of a segment.</summary>
    public int SegmentTokens { get; }

    /// <summary>The compressive memory of the segments that are complete.</summary>
    public CompressiveMemory Memory { get; }

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        ArgumentNullException.ThrowIfNull(threadPool);
        var segment = _segments[block.Layer];
        var expected = _starts[block.Layer] + segment.Count;
        if (block.FirstPosition != expected)
        {
            throw new ArgumentException(
                $"a block at position {block.FirstPosition} found, expected {expected}.",
                nameof(block)
            );
        }

        var tokens = block.Keys.Length / _config.KeyValueSize;
        for (var first = 0; first < tokens; )
        {
            if (segment.Count == SegmentTokens)
            {
                Complete(block.Layer, threadPool);
            }

            var count = Math.Min(tokens - first, SegmentTokens - segment.Count);
            var slice = Slice(block, first, count);
            CachedAttention.Attend(slice, _config, segment, _rotary, threadPool, part => AddMemory(slice, part));
            first += count;
        }
    }

    /// <summary>
    /// Ends the segment here and writes it into compressive memory although it is shorter than others, as at the end of
    /// a text. What comes next begins a new one.
    /// </summary>
    public void EndSegment()
    {
        using var alone = new ComputeThreadPool(1);
        for (var layer = 0; layer < _segments.Length; layer++)
        {
            Complete(layer, alone);
        }
    }

    /// <summary>Forgets the tokens from a position on.</summary>
    /// <param name="position">
    /// A position of the current segment, or 0, which forgets the compressive memory, too.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The position lies in compressive memory, out of which nothing can be taken.
    /// </exception>
    public void Truncate(int position)
    {
        if (position == 0)
        {
            Memory.Clear();
            Array.Clear(_starts);
            Array.ForEach(_segments, segment => segment.Clear());
            return;
        }

        // A sequence may end at a layer, after which there is nothing.
        if (position < _starts[0])
        {
            throw new InvalidOperationException(
                $"position {position} lies in memory already, from which only what comes after {_starts[0]} can be told "
                    + "apart. Begin a new sequence."
            );
        }

        for (var layer = 0; layer < _segments.Length; layer++)
        {
            _segments[layer].Truncate(Math.Clamp(position - _starts[layer], 0, _segments[layer].Count));
        }
    }

    private AttentionBlock Slice(AttentionBlock block, int first, int count)
    {
        var (queries, keys) = (_config.QuerySize, _config.KeyValueSize);
        return new AttentionBlock(
            block.Layer,
            block.FirstPosition + first,
            block.Queries.Slice(first * queries, count * queries),
            block.Keys.Slice(first * keys, count * keys),
            block.Values.Slice(first * keys, count * keys),
            block.Output.Slice(first * queries, count * queries)
        );
    }

    /// <summary>
    /// output = g sigma(Q) M / sigma(Q) z + (1 - g) output, for the query heads of a KV head whose gate g is open.
    /// </summary>
    private void AddMemory(AttentionBlock block, AttentionPart part)
    {
        if (Memory.IsEmpty(block.Layer, part.KeyValueHead))
        {
            return;
        }

        var width = _config.HeadDim;
        var queryHeadsPerKvHead = _config.HeadCount / _config.KeyValueHeadCount;
        var queries = ArrayPool<float>.Shared.Rent(part.Tokens * width);
        var read = ArrayPool<float>.Shared.Rent(part.Tokens * (width + 1));
        for (
            var head = part.KeyValueHead * queryHeadsPerKvHead;
            head < (part.KeyValueHead + 1) * queryHeadsPerKvHead;
            head++
        )
        {
            var gate = _gates.Of(block.Layer)[head];
            if (gate == 0)
            {
                continue;
            }

            for (var token = 0; token < part.Tokens; token++)
            {
                block.Queries.Span.Slice(OffsetOf(token), width).CopyTo(queries.AsSpan(token * width));
            }

            Memory.Read(
                block.Layer,
                part.KeyValueHead,
                queries.AsSpan(0, part.Tokens * width),
                read.AsSpan(0, part.Tokens * (width + 1))
            );
            for (var token = 0; token < part.Tokens; token++)
            {
                var row = read.AsSpan(token * (width + 1), width + 1);
                // Rounded to nothing: the compressive memory has no answer.
                if (row[width] == 0)
                {
                    continue;
                }

                var output = block.Output.Span.Slice(OffsetOf(token), width);
                TensorPrimitives.Multiply(output, 1 - gate, output);
                TensorPrimitives.MultiplyAdd(row[..width], gate / row[width], output, output);
            }

            int OffsetOf(int token) => (((part.FirstToken + token) * _config.HeadCount) + head) * width;
        }

        ArrayPool<float>.Shared.Return(queries);
        ArrayPool<float>.Shared.Return(read);
    }

    private void Complete(int layer, ComputeThreadPool threadPool)
    {
        var segment = _segments[layer];
        threadPool.Run(_config.KeyValueHeadCount, head => Memory.Write(layer, head, segment));
        _starts[layer] += segment.Count;
        segment.Clear();
    }
}
