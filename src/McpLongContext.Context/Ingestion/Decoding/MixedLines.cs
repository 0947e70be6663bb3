using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// Decodes bytes that are not valid UTF-8, line by line: lines of UTF-8 keep their meaning where others came in by
/// another encoding, and a character that was cut costs itself alone.
/// </summary>
internal static class MixedLines
{
    /// <summary>Decodes a text; <see langword="null"/> when no encoding makes one of the bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="doubt">The uncertainty about the encoding.</param>
    public static string? Decode(ReadOnlySpan<byte> bytes, out string? doubt)
    {
        doubt = null;
        var legacy = new List<byte>();
        var hasUtf8 = false;
        foreach (var line in new LineEnumerator(bytes))
        {
            if (!line.ContainsAnyInRange((byte)0x80, (byte)0xFF))
            {
                continue;
            }

            if (IsUtf8(line))
            {
                hasUtf8 = true;
            }
            else if (legacy.Count < LegacyEncoding.SampleLength)
            {
                legacy.AddRange(line);
            }
        }

        if (legacy.Count == 0)
        {
            return Encoding.UTF8.GetString(bytes);
        }

        if (LegacyEncoding.Detect([.. legacy]) is not { } found)
        {
            // What is not UTF-8 is shown as such in a text that has some.
            return hasUtf8 ? Encoding.UTF8.GetString(bytes) : null;
        }

        doubt = found.IsCertain ? null : found.Doubt;
        if (!hasUtf8)
        {
            return found.Encoding.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        foreach (var line in new LineEnumerator(bytes))
        {
            text.Append(IsUtf8(line) ? Prefer(line, found.Encoding) : found.Encoding.GetString(line));
        }

        return text.ToString();
    }

    /// <summary>Few characters of two bytes in a line of an East Asian encoding may be valid UTF-8 by chance.</summary>
    private static string Prefer(ReadOnlySpan<byte> line, Encoding encoding)
    {
        var utf8 = Encoding.UTF8.GetString(line);
        if (encoding.IsSingleByte || utf8.AsSpan().ContainsAnyInRange('\u0800', '\uFFFF'))
        {
            return utf8;
        }

        return line.ContainsAnyInRange((byte)0x80, (byte)0xFF) ? encoding.GetString(line) : utf8;
    }

    /// <summary>Whether at least half of the sequences of a line outside ASCII are valid UTF-8.</summary>
    private static bool IsUtf8(ReadOnlySpan<byte> line)
    {
        if (Utf8.IsValid(line))
        {
            return true;
        }

        int valid = 0,
            invalid = 0;
        while (!line.IsEmpty)
        {
            var ascii = line.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            if (ascii < 0)
            {
                break;
            }

            line = line[ascii..];
            var isValid = Rune.DecodeFromUtf8(line, out _, out var length) == OperationStatus.Done;
            valid += isValid ? 1 : 0;
            invalid += isValid ? 0 : 1;
            line = line[length..];
        }

        return valid > 0 && valid >= invalid;
    }

    /// <summary>The lines of bytes, each with its line feed.</summary>
    private ref struct LineEnumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            var end = _rest.IndexOf((byte)'\n') + 1;
            end = end == 0 ? _rest.Length : end;
            Current = _rest[..end];
            _rest = _rest[end..];
            return true;
        }
    }
}
