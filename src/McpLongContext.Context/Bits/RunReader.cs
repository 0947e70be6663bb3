namespace McpLongContext.Context.Bits;

/// <summary>Reads the runs of bytes one after the other, as run-length coding cuts them: at most 255 long.</summary>
/// <param name="source">The bytes.</param>
/// <param name="offset">Where a run begins.</param>
internal sealed class RunReader(IBitSource source, long offset)
{
    private const int BufferSize = 1 << 14;

    private byte[] _buffer = [];
    private long _bufferStart = offset;
    private int _at;

    /// <summary>Where the next run begins.</summary>
    public long Offset => _bufferStart + _at;

    /// <summary>Reads the next run.</summary>
    /// <param name="value">The byte that is repeated.</param>
    /// <param name="count">How often it occurs, 1 to 255.</param>
    /// <returns>False at the end.</returns>
    public bool Next(out byte value, out byte count)
    {
        (value, count) = (0, 0);
        if (!Fill())
        {
            return false;
        }

        value = _buffer[_at];
        do
        {
            var rest = _buffer.AsSpan(_at);
            var run = rest.IndexOfAnyExcept(value);
            var taken = Math.Min(run < 0 ? rest.Length : run, byte.MaxValue - count);
            count += (byte)taken;
            _at += taken;
        } while (count < byte.MaxValue && _at == _buffer.Length && Fill() && _buffer[_at] == value);

        return true;
    }

    private bool Fill()
    {
        if (_at < _buffer.Length)
        {
            return true;
        }

        _bufferStart += _buffer.Length;
        _at = 0;
        var length = (int)Math.Min(BufferSize, source.Length - _bufferStart);
        if (_buffer.Length != length)
        {
            _buffer = new byte[Math.Max(0, length)];
        }

        source.Read(_bufferStart, _buffer);
        return length > 0;
    }
}
