using McpLongContext.Bits.Streams;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>
/// The costs of the bits that a model reads as costs of the bytes of the source. Of a run-length code, a run's cost is that
/// of its value and its count, shared out among its bytes.
/// </summary>
/// <param name="bitsPerByte">Bits of a byte of the stream.</param>
/// <param name="firstBit">The first bit that is added.</param>
/// <param name="runs">The run-length code, where the stream is one.</param>
/// <param name="byteRead">Told every byte of the source and its cost in bits, in order.</param>
internal sealed class ByteCosts(int bitsPerByte, long firstBit, RunLengthBits? runs, Action<long, double>? byteRead)
{
    // A window may begin in the middle of a byte, or of a run. After a cursor no call scores that one: each has a part of
    // its bits.
    private readonly long _firstRead = FirstWhole(bitsPerByte, firstBit, runs);
    private readonly UnlikelyByteSpans _spans = new(FirstOfSource(bitsPerByte, firstBit, runs));
    private long _next = FirstOfSource(bitsPerByte, firstBit, runs);
    private byte _value;
    private double _cost;
    private double _valueCost;

    /// <summary>Bytes of the source that have a cost.</summary>
    public long Count { get; private set; }

    /// <summary>Their costs together, in bits.</summary>
    public double Sum { get; private set; }

    /// <summary>Adds the next bit of the stream.</summary>
    /// <param name="at">The place of the bit in the stream.</param>
    /// <param name="bit">0 or 1.</param>
    /// <param name="cost">The negative log-likelihood of the bit, in bits.</param>
    public void Add(long at, byte bit, double cost)
    {
        _cost += cost;
        var (index, place) = Math.DivRem(at, bitsPerByte);
        if (place < ByteBits.Payload)
        {
            _value = (byte)((_value << 1) | bit);
        }

        if (place == bitsPerByte - 1)
        {
            if (index >= _firstRead)
            {
                AddByte(index);
            }

            _cost = 0;
        }
    }

    /// <summary>The spans of the source that are least likely, least likely first.</summary>
    /// <param name="top">The most spans.</param>
    /// <param name="hex">Gives the bytes of a span in hexadecimal.</param>
    public IReadOnlyList<UnlikelyBytes> Highest(int top, Func<long, int, string> hex) => _spans.Highest(top, hex);

    private void AddByte(long index)
    {
        if (runs is null)
        {
            AddToSource(_cost);
        }
        else if (index % 2 == 0)
        {
            _valueCost = _cost;
        }
        else
        {
            for (var i = 0; i < _value; i++)
            {
                AddToSource((_valueCost + _cost) / _value);
            }
        }
    }

    private void AddToSource(double cost)
    {
        _spans.Add(cost);
        byteRead?.Invoke(_next++, cost);
        Sum += cost;
        Count++;
    }

    private static long FirstWhole(int bitsPerByte, long firstBit, RunLengthBits? runs)
    {
        var first = (firstBit + bitsPerByte - 1) / bitsPerByte;
        return runs is null ? first : first + (first % 2);
    }

    private static long FirstOfSource(int bitsPerByte, long firstBit, RunLengthBits? runs)
    {
        var first = FirstWhole(bitsPerByte, firstBit, runs);
        return runs is null ? first : runs.OffsetOf(first / 2);
    }
}
