namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The endings of English words that are pieces of their own: <c>'s|'t|'re|'ve|'m|'ll|'d</c>.</summary>
internal static class Contraction
{
    /// <summary>The length of the contraction that a text begins with; 0 when it begins with none.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="ignoresCase">Whether upper case counts as well.</param>
    public static int LengthAt(ReadOnlySpan<byte> text, bool ignoresCase)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }

        var first = Fold(text[1], ignoresCase);
        if (first is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d')
        {
            return 2;
        }

        return
            text.Length > 2
            && (first, Fold(text[2], ignoresCase))
                is
                    ((byte)'r', (byte)'e')
                    or
                    ((byte)'v', (byte)'e')
                    or
                    ((byte)'l', (byte)'l')
            ? 3
            : 0;
    }

    private static byte Fold(byte value, bool ignoresCase) =>
        ignoresCase && value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
