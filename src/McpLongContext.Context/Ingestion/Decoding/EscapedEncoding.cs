using System.Text;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// Encodings of seven bits that switch their alphabet by escape sequences, as Japanese mail has them.
/// </summary>
internal static class EscapedEncoding
{
    private static readonly Encoding s_japanese = CodePagesEncodingProvider.Instance.GetEncoding(50220)!;
    private static readonly Encoding s_korean = CodePagesEncodingProvider.Instance.GetEncoding(50225)!;

    /// <summary>
    /// The encoding that the escape sequences of a text begin; <see langword="null"/> when there are none.
    /// </summary>
    public static Encoding? Find(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyInRange((byte)0x80, (byte)0xFF) ? null
        : bytes.IndexOf("\x1B$B"u8) >= 0 || bytes.IndexOf("\x1B$@"u8) >= 0 ? s_japanese
        : bytes.IndexOf("\x1B$)C"u8) >= 0 ? s_korean
        : null;
}
