using McpLongContext.Bits.Coding;
using McpLongContext.Inference.Bits;

namespace McpLongContext.Context.Bits;

/// <summary>
/// Predicts the next bit of several streams in step. Writing and reading a code call it with the same bits in the same
/// order, so that both see the same probabilities to the last place.
/// </summary>
/// <remarks>At the end of a window, the next one begins with the last bits of the one before.</remarks>
internal sealed class LanePredictor
{
    private readonly BitTransformerConfig _config;
    private readonly BitTransformerSession _session;
    private readonly int _lanes;
    private readonly int _overlap;
    private readonly byte[] _history; // [lanes, overlap], a ring
    private readonly float[] _logits; // [lanes, 2]
    private long _count;

    public LanePredictor(BitTransformer model, int lanes)
    {
        (_config, _lanes) = (model.Config, lanes);
        _overlap = Math.Max(1, _config.MaxLength / 16);
        _session = model.CreateSession(lanes);
        _history = new byte[lanes * _overlap];
        _logits = new float[lanes * 2];
    }

    /// <summary>The probability that the next bit of a lane is a 1, in units of 2^-16.</summary>
    public int this[int lane] => Probability.OfLogits(_logits[(2 * lane) + 1] - _logits[2 * lane]);

    /// <summary>Takes the next bit of every lane.</summary>
    /// <param name="bits">[lanes].</param>
    public void Push(ReadOnlySpan<byte> bits)
    {
        if (_session.Position == _config.MaxLength)
        {
            Replay();
        }

        _session.Forward(bits, (int)(_count % _config.BitsPerByte), _logits);
        for (var lane = 0; lane < _lanes; lane++)
        {
            _history[(lane * _overlap) + (int)(_count % _overlap)] = bits[lane];
        }

        _count++;
    }

    private void Replay()
    {
        var bits = new byte[_history.Length];
        for (var lane = 0; lane < _lanes; lane++)
        {
            for (var i = 0; i < _overlap; i++)
            {
                bits[(lane * _overlap) + i] = _history[(lane * _overlap) + (int)((_count + i) % _overlap)];
            }
        }

        _session.Reset();
        _session.Forward(bits, (int)((_count - _overlap) % _config.BitsPerByte), new float[2 * bits.Length]);
    }
}
