using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Elementwise;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The parts that all sublayers of both stacks share, with their buffers: norms before or after, products with biases,
/// and the feed-forward network. Not thread-safe.
/// </summary>
internal sealed class SublayerRunner(EncoderDecoderConfig config, ComputeThreadPool threadPool)
{
    private readonly Operand _operand = new();
    private float[] _input = []; // [rows, hidden]
    private float[] _projected = []; // [rows, hidden]
    private float[] _up = []; // [rows, intermediate]
    private float[] _gate = []; // [rows, intermediate]

    /// <summary>y = W x + b for the input of a sublayer: the normalized states, or the states themselves.</summary>
    /// <param name="norm">The sublayer's norm.</param>
    /// <param name="states">[rows, hidden].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="layers">The products, each into a buffer that begins with [rows, outputs].</param>
    public void Enter(NormWeights norm, float[] states, int rows, params (AffineWeights Layer, float[] Y)[] layers)
    {
        var input = states;
        if (config.IsPreNorm)
        {
            Reserve(ref _input, rows * config.HiddenSize);
            Normalize(norm, states, residual: [], rows, _input);
            input = _input;
        }

        Project(input, rows, layers);
    }

    /// <summary>states = states + (W x + b), normalized after the sum where the input was not.</summary>
    /// <param name="norm">The sublayer's norm.</param>
    /// <param name="output">W and b.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="states">[rows, hidden].</param>
    /// <param name="rows">Rows.</param>
    public void Leave(NormWeights norm, AffineWeights output, float[] x, float[] states, int rows)
    {
        var size = rows * config.HiddenSize;
        Reserve(ref _projected, size);
        Project(x, rows, (output, _projected));
        if (config.IsPreNorm)
        {
            TensorPrimitives.Add(states.AsSpan(0, size), _projected.AsSpan(0, size), states.AsSpan(0, size));
        }
        else
        {
            Normalize(norm, _projected, states, rows, states);
        }
    }

    /// <summary>The feed-forward sublayer.</summary>
    public void FeedForward(FeedForwardWeights network, float[] states, int rows)
    {
        var width = network.Up.Matrix.Outputs;
        Reserve(ref _up, rows * width);
        if (network.Gate is not { } gate)
        {
            Enter(network.Norm, states, rows, (network.Up, _up));
            threadPool.RunRows(rows, (first, count) => Activate(_up.AsSpan(first * width, count * width)));
        }
        else
        {
            Reserve(ref _gate, rows * width);
            Enter(network.Norm, states, rows, (gate, _gate), (network.Up, _up));
            threadPool.RunRows(
                rows,
                (first, count) =>
                {
                    var gates = _gate.AsSpan(first * width, count * width);
                    var values = _up.AsSpan(first * width, count * width);
                    Activate(gates);
                    TensorPrimitives.Multiply(gates, values, values);
                }
            );
        }

        Leave(network.Norm, network.Down, _up, states, rows);
    }

    /// <summary>y = W x + b.</summary>
    public void Project(float[] x, int rows, params (AffineWeights Layer, float[] Y)[] layers)
    {
        var first = layers[0].Layer.Matrix;
        _operand.Set(x, rows, first.Inputs, first.IsQuantized, threadPool);
        threadPool.Project(_operand, [.. layers.Select(one => (one.Layer.Matrix, one.Y))]);
        foreach (var (layer, y) in layers)
        {
            AddBias(y, layer.Bias, rows);
        }
    }

    /// <summary>Normalizes rows, by the mean square or, with a residual that is added first, by the variance.</summary>
    public void Normalize(NormWeights norm, float[] x, float[] residual, int rows, float[] y)
    {
        var width = config.HiddenSize;
        threadPool.RunRows(
            rows,
            (first, count) =>
            {
                var (start, size) = (first * width, count * width);
                var source = x.AsSpan(start, size);
                var target = y.AsSpan(start, size);
                if (config.IsPreNorm)
                {
                    RmsNorm.Apply(source, norm.Gamma, config.NormEpsilon, target);
                }
                else
                {
                    var added = residual.Length == 0 ? default : residual.AsSpan(start, size);
                    LayerNorm.Apply(source, added, norm.Gamma, norm.Beta, config.NormEpsilon, target);
                }
            }
        );
    }

    /// <summary>Makes a buffer long enough; its content is lost.</summary>
    public static void Reserve(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new float[length];
        }
    }

    private void Activate(Span<float> values)
    {
        switch (config.FeedForward)
        {
            case FeedForwardFunction.Relu:
                TensorPrimitives.Max(values, 0, values);
                break;
            case FeedForwardFunction.Gelu:
                Gelu.Apply(values);
                break;
            default:
                TanhGelu.Apply(values);
                break;
        }
    }

    private void AddBias(float[] rows, float[] bias, int count)
    {
        if (bias.Length > 0)
        {
            threadPool.RunRows(
                count,
                (first, part) =>
                {
                    for (var row = first; row < first + part; row++)
                    {
                        var values = rows.AsSpan(row * bias.Length, bias.Length);
                        TensorPrimitives.Add(values, bias, values);
                    }
                }
            );
        }
    }
}
