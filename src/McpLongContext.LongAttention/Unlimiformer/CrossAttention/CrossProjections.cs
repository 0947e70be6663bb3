using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Kernels.Products;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// The projections of cross-attention by head, turned so that encoder states are attended to without being projected
/// (Unlimiformer, arXiv 2305.01625, section 3.2): q k = (q W_k) h, and a sum of values is W_v applied to the sum of
/// states. Immutable; shared by all targets of a model.
/// </summary>
public sealed class CrossProjections
{
    private readonly PackedMatrix[][] _keys; // by layer and head: [dimensions, headDim]
    private readonly PackedMatrix[][] _values; // by layer and head: [headDim, dimensions]
    private readonly float[][] _valueBiases; // by layer: [heads, headDim] or empty

    /// <summary>Reads the projections.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layerBegin">The first layer whose projections are needed.</param>
    public CrossProjections(EncoderDecoder model, int layerBegin = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(layerBegin);
        Model = model;
        LayerBegin = layerBegin;
        var stack = model.Config.Decoder;
        (_keys, _values) = (new PackedMatrix[stack.LayerCount][], new PackedMatrix[stack.LayerCount][]);
        _valueBiases = new float[stack.LayerCount][];
        for (var layer = layerBegin; layer < stack.LayerCount; layer++)
        {
            var projection = model.ReadCrossProjection(layer);
            _keys[layer] = new PackedMatrix[stack.HeadCount];
            _values[layer] = new PackedMatrix[stack.HeadCount];
            _valueBiases[layer] = projection.ValueBias;
            for (var head = 0; head < stack.HeadCount; head++)
            {
                var (size, hidden) = (stack.HeadDim * model.Config.HiddenSize, model.Config.HiddenSize);
                var keys = Transpose(projection.Key.AsSpan(head * size, size), stack.HeadDim, hidden);
                _keys[layer][head] = PackedMatrix.Pack(keys, hidden, stack.HeadDim);
                _values[layer][head] = PackedMatrix.Pack(
                    projection.Value.AsSpan(head * size, size),
                    stack.HeadDim,
                    hidden
                );
            }
        }
    }

    /// <summary>The model.</summary>
    public EncoderDecoder Model { get; }

    /// <summary>The first layer that has projections here.</summary>
    public int LayerBegin { get; }

    /// <summary>q W_k, which is compared with encoder states.</summary>
    /// <param name="layer">From <see cref="LayerBegin"/> on.</param>
    /// <param name="head">The head.</param>
    /// <param name="query">[headDim].</param>
    /// <param name="expanded">[dimensions].</param>
    public void Expand(int layer, int head, ReadOnlySpan<float> query, Span<float> expanded) =>
        MatrixProduct.Multiply(query, _keys[layer][head], bias: [], expanded);

    /// <summary>W_v times a sum of encoder states whose weights are 1 together, and the bias.</summary>
    /// <param name="layer">From <see cref="LayerBegin"/> on.</param>
    /// <param name="head">The head.</param>
    /// <param name="sum">[dimensions].</param>
    /// <param name="value">[headDim].</param>
    public void Project(int layer, int head, ReadOnlySpan<float> sum, Span<float> value)
    {
        var bias = _valueBiases[layer];
        MatrixProduct.Multiply(
            sum,
            _values[layer][head],
            bias.Length == 0 ? [] : bias.AsSpan(head * value.Length, value.Length),
            value
        );
    }

    private static float[] Transpose(ReadOnlySpan<float> matrix, int rows, int columns)
    {
        var transposed = new float[matrix.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                transposed[(column * rows) + row] = matrix[(row * columns) + column];
            }
        }

        return transposed;
    }
}
