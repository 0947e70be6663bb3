namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The alphabet in which files of byte-level tokenizers write bytes: the printable characters of Latin-1 stand for
/// themselves, the other bytes are numbered from U+0100. So <c>Ġ</c> is a space.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly short[] s_bytes = CreateBytes();

    /// <summary>The bytes that a token of a file stands for; null where it is not written in this alphabet.</summary>
    public static byte[]? Decode(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (token[i] >= s_bytes.Length || s_bytes[token[i]] < 0)
            {
                return null;
            }

            bytes[i] = (byte)s_bytes[token[i]];
        }

        return bytes;
    }

    private static short[] CreateBytes()
    {
        const int FirstSubstitute = 0x100;
        var bytes = new short[2 * FirstSubstitute];
        Array.Fill<short>(bytes, -1);
        var substitute = FirstSubstitute;
        for (short value = 0; value < 256; value++)
        {
            var isPrintable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            bytes[isPrintable ? value : substitute++] = value;
        }

        return bytes;
    }
}
