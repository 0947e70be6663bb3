using System.Buffers;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>The numbers that Python's writer adds to JSON: <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.</summary>
internal static class PythonNumbers
{
    /// <summary>Puts them in quotes, outside of strings.</summary>
    /// <param name="json">The text.</param>
    public static ReadOnlyMemory<byte> Quote(ReadOnlySpan<byte> json)
    {
        var quoted = new ArrayBufferWriter<byte>(json.Length + 64);
        var inString = false;
        for (var i = 0; i < json.Length; )
        {
            var length = inString ? 0 : NumberAt(json[i..]);
            if (length > 0)
            {
                quoted.Write("\""u8);
                quoted.Write(json.Slice(i, length));
                quoted.Write("\""u8);
                i += length;
                continue;
            }

            // The character after a backslash ends no string.
            length = inString && json[i] == '\\' && i + 1 < json.Length ? 2 : 1;
            inString ^= json[i] == '"';
            quoted.Write(json.Slice(i, length));
            i += length;
        }

        return quoted.WrittenMemory;
    }

    private static int NumberAt(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3
        : json.StartsWith("Infinity"u8) ? 8
        : json.StartsWith("-Infinity"u8) ? 9
        : 0;
}
