using System.Globalization;
using System.Text;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>Helpers that the readers of escape sequences share.</summary>
internal static class EscapeText
{
    /// <summary>
    /// A delegate of a digit's notation: the byte at an index and the length of its notation; 0 for none.
    /// </summary>
    public delegate int ByteReader(ReadOnlySpan<char> text, int at, out byte value);

    /// <summary>The character at an index; NUL outside of the text.</summary>
    public static char At(ReadOnlySpan<char> text, int index) => (uint)index < (uint)text.Length ? text[index] : '\0';

    /// <summary>The index after the letters, digits and underscores at <paramref name="start"/>.</summary>
    public static int WordEnd(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (end < text.Length && Characters.IsInner(Characters.ClassOf(text[end])))
        {
            end++;
        }

        return end;
    }

    /// <summary>
    /// The number of <paramref name="digits"/> hexadecimal digits at an index; -1 when they are none.
    /// </summary>
    public static int Hex(ReadOnlySpan<char> text, int at, int digits) =>
        at + digits <= text.Length
        && int.TryParse(
            text.Slice(at, digits),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : -1;

    /// <summary>
    /// Reads the bytes of one character in UTF-8, each in the notation of <paramref name="read"/>.
    /// </summary>
    /// <returns>The number of characters read; 0 when the bytes are no UTF-8.</returns>
    public static int Utf8(ReadOnlySpan<char> text, int at, ByteReader read, out Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        var length = 0;
        for (var count = 0; count < bytes.Length; )
        {
            var notation = read(text, at + length, out bytes[count]);
            if (notation == 0)
            {
                break;
            }

            count++;
            length += notation;
            if (Rune.DecodeFromUtf8(bytes[..count], out rune, out _) == System.Buffers.OperationStatus.Done)
            {
                return length;
            }
        }

        rune = default;
        return 0;
    }
}
