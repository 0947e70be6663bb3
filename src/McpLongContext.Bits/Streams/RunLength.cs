namespace McpLongContext.Bits.Streams;

/// <summary>Run-length coding: a byte of value and a byte of count in turns; runs over 255 are split.</summary>
public static class RunLength
{
    private const int MaxRun = byte.MaxValue;

    /// <summary>Codes values, bits or bytes.</summary>
    /// <param name="values">Any bytes.</param>
    /// <returns>[runs, 2]: value and count.</returns>
    public static byte[] Encode(ReadOnlySpan<byte> values)
    {
        var coded = new List<byte>();
        while (!values.IsEmpty)
        {
            var run = values.IndexOfAnyExcept(values[0]);
            run = Math.Min(run < 0 ? values.Length : run, MaxRun);
            coded.Add(values[0]);
            coded.Add((byte)run);
            values = values[run..];
        }

        return [.. coded];
    }

    /// <summary>The values of a code.</summary>
    /// <param name="coded">[runs, 2]: value and count.</param>
    /// <exception cref="BitFormatException">The code ends after a value, or has an empty run.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> coded)
    {
        if (coded.Length % 2 != 0)
        {
            throw new BitFormatException(
                $"{coded.Length} bytes found, expected pairs of value and count: the last count is missing."
            );
        }

        var values = new List<byte>();
        for (var i = 0; i < coded.Length; i += 2)
        {
            if (coded[i + 1] == 0)
            {
                throw new BitFormatException($"a run of 0 found at byte {i + 1}, expected 1 to {MaxRun}.");
            }

            for (var count = coded[i + 1]; count > 0; count--)
            {
                values.Add(coded[i]);
            }
        }

        return [.. values];
    }
}
