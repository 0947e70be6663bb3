using System.Globalization;
using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// How files of SentencePiece tokenizers write tokens: <c>▁</c> for a space, <c>&lt;0x0A&gt;</c> for a byte.
/// </summary>
internal static class SentencePieceAlphabet
{
    /// <summary>The symbol for a space, U+2581, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Space => "\u2581"u8;

    /// <summary>The bytes of a piece of text.</summary>
    public static byte[] Decode(string token) => Encoding.UTF8.GetBytes(token.Replace('\u2581', ' '));

    /// <summary>The byte that a token such as <c>&lt;0x0A&gt;</c> stands for; null for any other.</summary>
    public static byte? ByteOf(string token) =>
        token is ['<', '0', 'x', _, _, '>']
        && byte.TryParse(
            token.AsSpan(3, 2),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : null;
}
