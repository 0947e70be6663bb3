using System.Numerics.Tensors;

namespace McpLongContext.Inference.Bits;

/// <summary>
/// Halting by bit, a stick broken layer by layer as in PonderNet (Banino et al., arXiv 2107.05407): after layer l a bit
/// halts with probability p_l = sigmoid(w_l x_l + b_l); its result is sum_l h_l x_l with h_l = p_l (1 - sum of the h
/// before), what is left of 1 going to its last layer. A bit whose sum has reached a threshold (as in Graves, arXiv
/// 1603.08983) stays as it is for later bits to attend to. Without halting the result is the last layer's.
/// </summary>
/// <remarks>
/// Whether a bit halts depends on itself and the bits before it, so the model stays causal. No computation is saved:
/// every layer is computed for all bits, and undone for those that have halted.
/// </remarks>
internal sealed class AdaptiveHalting(BitTransformerConfig config, int rows)
{
    private readonly int _width = config.Width;
    private readonly bool _isOn = config.IsAdaptive;
    private readonly float[] _halted = config.IsAdaptive ? new float[rows] : [];
    private readonly float[] _result = config.IsAdaptive || config.IsReversible ? new float[rows * config.Width] : [];
    private readonly float[] _firstKept = config.IsAdaptive ? new float[rows * config.Width] : [];
    private readonly float[] _secondKept =
        config.IsAdaptive && config.IsReversible ? new float[rows * config.Width] : [];
    private int _rows;

    /// <summary>Begins with rows of which none has halted.</summary>
    public void Begin(int count)
    {
        _rows = count;
        if (_isOn)
        {
            _halted.AsSpan(0, count).Clear();
            _result.AsSpan(0, count * _width).Clear();
        }
    }

    /// <summary>Remembers the rows before a layer.</summary>
    /// <param name="first">[rows, width], the first stream.</param>
    /// <param name="second">[rows, width], the second stream; the first where there is one.</param>
    public void Keep(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (_isOn)
        {
            first.CopyTo(_firstKept);
            if (config.IsReversible)
            {
                second.CopyTo(_secondKept);
            }
        }
    }

    /// <summary>Adds a layer's share to the results, and undoes the layer where a row had halted before.</summary>
    public void Advance(BitTransformerLayer layer, Span<float> first, Span<float> second, bool isLast)
    {
        if (!_isOn)
        {
            return;
        }

        var state = new float[_width];
        for (var row = 0; row < _rows; row++)
        {
            var range = (row * _width)..((row + 1) * _width);
            if (_halted[row] >= config.HaltThreshold)
            {
                _firstKept.AsSpan(range).CopyTo(first[range]);
                if (config.IsReversible)
                {
                    _secondKept.AsSpan(range).CopyTo(second[range]);
                }

                continue;
            }

            Mean(first[range], second[range], state);
            var logit = TensorPrimitives.Dot<float>(state, layer.Halt) + layer.HaltBias;
            var share = (1 - _halted[row]) / (1 + MathF.Exp(-logit));
            var halted = _halted[row] + share;
            if (isLast || halted >= config.HaltThreshold)
            {
                share = 1 - _halted[row];
            }

            _halted[row] = halted;
            var result = _result.AsSpan(range);
            TensorPrimitives.MultiplyAdd(state, share, result, result);
        }
    }

    /// <summary>The rows to predict from.</summary>
    /// <param name="first">[rows, width]; may be returned itself.</param>
    /// <param name="second">The second stream; empty where there is none.</param>
    /// <returns>[rows, width], to be overwritten.</returns>
    public Span<float> Result(Span<float> first, ReadOnlySpan<float> second)
    {
        if (!_isOn && !config.IsReversible)
        {
            return first;
        }

        var result = _result.AsSpan(0, first.Length);
        if (!_isOn)
        {
            Mean(first, second[..first.Length], result);
        }

        return result;
    }

    /// <summary>The mean of the streams; of one stream, itself.</summary>
    private void Mean(ReadOnlySpan<float> first, ReadOnlySpan<float> second, Span<float> mean)
    {
        if (!config.IsReversible)
        {
            first.CopyTo(mean);
            return;
        }

        TensorPrimitives.Add(first, second, mean);
        TensorPrimitives.Multiply(mean, 0.5f, mean);
    }
}
