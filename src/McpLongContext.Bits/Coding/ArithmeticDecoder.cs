namespace McpLongContext.Bits.Coding;

/// <summary>Reads what <see cref="ArithmeticEncoder"/> wrote, given the same probabilities.</summary>
public sealed class ArithmeticDecoder
{
    private readonly ReadOnlyMemory<byte> _code;
    private int _next;
    private uint _low;
    private uint _high = uint.MaxValue;
    private uint _value;

    /// <summary>Begins a code.</summary>
    /// <param name="code">The code, whole.</param>
    public ArithmeticDecoder(ReadOnlyMemory<byte> code)
    {
        _code = code;
        for (var i = 0; i < sizeof(uint); i++)
        {
            Shift();
        }
    }

    /// <summary>Reads a bit.</summary>
    /// <param name="probability">Of a 1, as it was written.</param>
    /// <returns>0 or 1.</returns>
    public int Read(int probability)
    {
        var split = ArithmeticCode.Split(_low, _high, probability);
        var bit = _value <= split ? 1 : 0;
        (_low, _high) = bit != 0 ? (_low, split) : (split + 1, _high);
        while (ArithmeticCode.HasCertainByte(_low, _high))
        {
            _low <<= 8;
            _high = (_high << 8) | 0xFF;
            Shift();
        }

        return bit;
    }

    private void Shift() => _value = (_value << 8) | (_next < _code.Length ? _code.Span[_next++] : 0u);
}
