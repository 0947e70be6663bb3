using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;

namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>
/// The compressive memory of Infini-attention (Munkhdalai et al., arXiv 2404.07143, section 2.1): for every layer and
/// key/value head a matrix M [headDim, headDim] of associations and a vector z [headDim] that normalizes them, in fp32.
/// Its size does not depend on what was written. Keys and queries are not rotated: what is remembered has no position.
/// </summary>
/// <remarks>
/// M and z of a head lie together as M^T with z as one more row, [headDim + 1, headDim]: as if every value ended with a
/// 1. Different heads may be read and written by different threads.
/// </remarks>
public sealed class CompressiveMemory
{
    /// <summary>Tokens that are written together.</summary>
    private const int ChunkTokens = 256;

    private readonly float[] _state; // [layers, heads, headDim + 1, headDim]
    private readonly PackedMatrix?[] _packed; // [layers, heads]: the same for products; null where nothing was written

    /// <summary>Creates an empty compressive memory.</summary>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="heads">KV heads of a layer: the query heads of a KV head share its part.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="rule">How segments are written.</param>
    public CompressiveMemory(int layers, int heads, int headDim, UpdateRule rule = UpdateRule.Linear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDim);
        (Layers, Heads, HeadDim, Rule) = (layers, heads, headDim, rule);
        _state = new float[checked(layers * heads * HeadSize)];
        _packed = new PackedMatrix?[layers * heads];
    }

    /// <summary>Layers.</summary>
    public int Layers { get; }

    /// <summary>Key/value heads of a layer.</summary>
    public int Heads { get; }

    /// <summary>Dimensions of a head.</summary>
    public int HeadDim { get; }

    /// <summary>How segments are written.</summary>
    public UpdateRule Rule { get; }

    /// <summary>The size of the compressive memory: layers * heads * (headDim^2 + headDim) floats, in bytes.</summary>
    public long Bytes => (long)_state.Length * sizeof(float);

    /// <summary>
    /// M and z of all heads, [layers, heads, headDim + 1, headDim], as <see cref="State"/> has it.
    /// </summary>
    public ReadOnlyMemory<float> Content => _state;

    private int HeadSize => (HeadDim + 1) * HeadDim;

    /// <summary>Whether nothing was written for a head yet: then it has nothing to return.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public bool IsEmpty(int layer, int head) => _packed[IndexOf(layer, head)] is null;

    /// <summary>
    /// M^T of a head and after it z: [headDim + 1, headDim], a row of M^T for each dimension of a value.
    /// </summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public ReadOnlySpan<float> State(int layer, int head) => StateOf(IndexOf(layer, head));

    /// <summary>Replaces what a head remembers.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="state">As <see cref="State"/> gives it; all zero: nothing.</param>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public void Restore(int layer, int head, ReadOnlySpan<float> state)
    {
        var index = IndexOf(layer, head);
        if (state.Length != HeadSize)
        {
            throw new ArgumentException($"{state.Length} floats found, expected {HeadSize}.", nameof(state));
        }

        state.CopyTo(StateOf(index));
        _packed[index] = state.ContainsAnyExcept(0f) ? PackedMatrix.Pack(state, HeadDim + 1, HeadDim) : null;
    }

    /// <summary>Replaces what all heads remember.</summary>
    /// <param name="states">As <see cref="Content"/> gives it.</param>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public void Restore(ReadOnlySpan<float> states)
    {
        if (states.Length != _state.Length)
        {
            throw new ArgumentException($"{states.Length} floats found, expected {_state.Length}.", nameof(states));
        }

        for (var i = 0; i < _packed.Length; i++)
        {
            Restore(i / Heads, i % Heads, states.Slice(i * HeadSize, HeadSize));
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_state);
        Array.Clear(_packed);
    }

    /// <summary>
    /// Reads: sigma(Q) M in the first columns and sigma(Q) z in the last. Their quotient is what the compressive memory
    /// returns; where nothing was written, both are 0.
    /// </summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="queries">[n, headDim], not rotated; replaced by sigma(Q).</param>
    /// <param name="read">[n, headDim + 1].</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Read(int layer, int head, Span<float> queries, Span<float> read)
    {
        EluPlusOne.Apply(queries);
        Multiply(IndexOf(layer, head), queries, read);
    }

    /// <summary>
    /// Writes a segment. All of it is compared with what was remembered before the segment, however long it is: the
    /// delta rule takes M and z from before it for every token.
    /// </summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="segment">The segment's keys and values, those of the layer.</param>
    public void Write(int layer, int head, KeyValueCache segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        var index = IndexOf(layer, head);
        if (segment.Heads != Heads || segment.HeadDim != HeadDim)
        {
            throw new ArgumentException(
                $"{segment.Heads} heads of {segment.HeadDim} found, expected {Heads} of {HeadDim}.",
                nameof(segment)
            );
        }

        if (segment.Count == 0)
        {
            return;
        }

        using var scratch = new WriteScratch(Math.Min(ChunkTokens, segment.Count), HeadDim);
        for (var first = 0; first < segment.Count; first += ChunkTokens)
        {
            scratch.Take(segment, head, first, Math.Min(ChunkTokens, segment.Count - first));
            if (Rule == UpdateRule.Delta)
            {
                Multiply(index, scratch.Keys, scratch.Read);
                scratch.SubtractRead();
            }

            scratch.AddAssociations();
        }

        var state = StateOf(index);
        TensorPrimitives.Add(state, scratch.Sum, state);
        _packed[index] = PackedMatrix.Pack(state, HeadDim + 1, HeadDim);
    }

    private void Multiply(int index, ReadOnlySpan<float> features, Span<float> read)
    {
        if (_packed[index] is { } packed)
        {
            MatrixProduct.Multiply(features, packed, [], read);
        }
        else
        {
            read.Clear();
        }
    }

    private int IndexOf(int layer, int head)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)Layers, nameof(layer));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)Heads, nameof(head));
        return (layer * Heads) + head;
    }

    private Span<float> StateOf(int index) => _state.AsSpan(index * HeadSize, HeadSize);

    /// <summary>The steps of writing some tokens, over buffers of one rented array.</summary>
    private sealed class WriteScratch(int capacity, int headDim) : IDisposable
    {
        private readonly float[] _keys = ArrayPool<float>.Shared.Rent(capacity * headDim); // sigma(K) [tokens, headDim]
        private readonly float[] _values = ArrayPool<float>.Shared.Rent(capacity * headDim); // [tokens, headDim]
        private readonly float[] _read = ArrayPool<float>.Shared.Rent(capacity * (headDim + 1));
        private readonly float[] _turned = ArrayPool<float>.Shared.Rent(capacity * (headDim + 1)); // [headDim + 1, tokens]
        private readonly float[] _turnedKeys = ArrayPool<float>.Shared.Rent(capacity * headDim); // [headDim, tokens]
        private readonly float[] _product = new float[(headDim + 1) * headDim];
        private readonly float[] _sum = new float[(headDim + 1) * headDim];
        private int _tokens;

        public ReadOnlySpan<float> Keys => _keys.AsSpan(0, _tokens * headDim);

        public Span<float> Read => _read.AsSpan(0, _tokens * (headDim + 1));

        /// <summary>The increment of a segment.</summary>
        public ReadOnlySpan<float> Sum => _sum;

        public void Take(KeyValueCache segment, int head, int first, int tokens)
        {
            _tokens = tokens;
            var keys = _keys.AsSpan(0, tokens * headDim);
            segment.Read(head, first, keys, _values.AsSpan(0, keys.Length));
            EluPlusOne.Apply(keys);
        }

        /// <summary>V - sigma(K) M / sigma(K) z; before the first segment there is nothing to subtract.</summary>
        public void SubtractRead()
        {
            for (var token = 0; token < _tokens; token++)
            {
                var read = _read.AsSpan(token * (headDim + 1), headDim + 1);
                if (read[headDim] == 0)
                {
                    continue;
                }

                var value = _values.AsSpan(token * headDim, headDim);
                TensorPrimitives.MultiplyAdd(read[..headDim], -1 / read[headDim], value, value);
            }
        }

        /// <summary>sum += [V, 1]^T sigma(K).</summary>
        public void AddAssociations()
        {
            Transpose(_values, _turned);
            _turned.AsSpan(headDim * _tokens, _tokens).Fill(1);
            Transpose(_keys, _turnedKeys);
            var features = PackedMatrix.Pack(_turnedKeys.AsSpan(0, headDim * _tokens), headDim, _tokens);
            MatrixProduct.Multiply(_turned.AsSpan(0, (headDim + 1) * _tokens), features, [], _product);
            TensorPrimitives.Add(_sum, _product, _sum);
        }

        public void Dispose()
        {
            foreach (var buffer in (float[][])[_keys, _values, _read, _turned, _turnedKeys])
            {
                ArrayPool<float>.Shared.Return(buffer);
            }
        }

        /// <summary>[tokens, headDim] to [headDim, tokens].</summary>
        private void Transpose(float[] rows, float[] turned)
        {
            for (var token = 0; token < _tokens; token++)
            {
                for (var d = 0; d < headDim; d++)
                {
                    turned[(d * _tokens) + token] = rows[(token * headDim) + d];
                }
            }
        }
    }
}
