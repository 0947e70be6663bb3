namespace McpLongContext.Inference.Bits;

/// <summary>
/// The byte of a stream that is being read and the whole ones before it, as rows of the table that a model embeds them by:
/// [1 + bytes, 256], the byte so far as a 1 and its bits, then the values of the last whole byte, the one before, and so on.
/// Row 0 stands for what a window does not show.
/// </summary>
public sealed class BitHistory
{
    /// <summary>Rows for each byte.</summary>
    public const int Values = 256;

    private const int LastPlace = 7;

    private readonly int[] _rows;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="bytes">The whole bytes that are kept, <see cref="BitTransformerConfig.HistoryBytes"/>; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are none.</exception>
    public BitHistory(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        _rows = new int[1 + bytes];
    }

    /// <summary>A row for the byte so far and for each whole byte, nearest first.</summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>Forgets all: a window begins.</summary>
    public void Clear() => Array.Clear(_rows);

    /// <summary>Takes the next bit.</summary>
    /// <param name="bit">0 or 1.</param>
    /// <param name="place">The place of the bit in the byte; 8 for a parity bit, which changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bit is not 0 or 1, or the place not 0 to 8.</exception>
    public void Push(int bit, int place)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bit, 1u, nameof(bit));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)place, LastPlace + 1u, nameof(place));
        if (place > LastPlace)
        {
            return;
        }

        if (place == 0)
        {
            _rows[0] = 1;
        }

        if (_rows[0] == 0)
        {
            return;
        }

        _rows[0] = (2 * _rows[0]) + bit;
        if (place == LastPlace)
        {
            for (var i = _rows.Length - 1; i > 1; i--)
            {
                _rows[i] = _rows[i - 1] == 0 ? 0 : _rows[i - 1] + Values;
            }

            // The leading 1 of the byte so far is the offset of its row.
            _rows[1] = _rows[0];
            _rows[0] = 1;
        }
    }
}
