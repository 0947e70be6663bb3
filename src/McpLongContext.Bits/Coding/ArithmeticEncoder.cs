namespace McpLongContext.Bits.Coding;

/// <summary>Writes bits in as many bits as their probabilities say, and at most five bytes more.</summary>
public sealed class ArithmeticEncoder
{
    private readonly List<byte> _written = [];
    private uint _low;
    private uint _high = uint.MaxValue;

    /// <summary>Writes a bit.</summary>
    /// <param name="bit">0 or 1.</param>
    /// <param name="probability">Of a 1, in units of 2^-16, 1 to 2^16 - 1.</param>
    public void Write(int bit, int probability)
    {
        var split = ArithmeticCode.Split(_low, _high, probability);
        (_low, _high) = bit != 0 ? (_low, split) : (split + 1, _high);
        while (ArithmeticCode.HasCertainByte(_low, _high))
        {
            _written.Add((byte)(_high >> 24));
            _low <<= 8;
            _high = (_high << 8) | 0xFF;
        }
    }

    /// <summary>Ends the code.</summary>
    /// <returns>The code, whole.</returns>
    public byte[] Finish()
    {
        // The decoder reads zeros after the end, so the shortest value inside the interval is enough.
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            var value = (_high >> shift) << shift;
            if (value >= _low)
            {
                for (var left = 24; left >= shift; left -= 8)
                {
                    _written.Add((byte)(value >> left));
                }

                break;
            }
        }

        return [.. _written];
    }
}
