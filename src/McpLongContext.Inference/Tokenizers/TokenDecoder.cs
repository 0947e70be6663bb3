using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// Turns tokens into text as they come. A character may be spread over several tokens: it appears with the last of
/// them. Not thread-safe.
/// </summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="atStart">
/// Whether the first token begins a text, so that the space that a tokenizer may have put before it is left out.
/// </param>
public sealed class TokenDecoder(Tokenizer tokenizer, bool atStart = false)
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private bool _atStart = atStart && tokenizer.PrefixLength > 0;

    /// <summary>The characters that are complete with this token; none for a control token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such token.</exception>
    public string Append(int id)
    {
        var bytes = tokenizer.BytesOf(id);
        if (_atStart && !bytes.IsEmpty)
        {
            _atStart = false;
            if (bytes[0] == ' ')
            {
                bytes = bytes[1..];
            }
        }

        return Convert(bytes, flush: false);
    }

    /// <summary>
    /// Ends the text: what is left of a character that was never completed, as a replacement character.
    /// </summary>
    public string Flush() => Convert(default, flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> buffer = stackalloc char[64];
        var count = _utf8.GetCharCount(bytes, flush);
        var chars = count <= buffer.Length ? buffer : new char[count];
        return new string(chars[.._utf8.GetChars(bytes, chars, flush)]);
    }
}
