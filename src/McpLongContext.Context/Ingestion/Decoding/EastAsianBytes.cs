namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// The rows of the East Asian character sets that everyday text consists of. Bytes of another encoding fall into the
/// other rows, too.
/// </summary>
internal static class EastAsianBytes
{
    /// <summary>
    /// The share of the characters of two bytes that are everyday ones: kana, hangul, and ideographs of the first
    /// level.
    /// </summary>
    /// <param name="bytes">The text.</param>
    /// <param name="codePage">The encoding of the text.</param>
    /// <returns>0 to 1; 1 for any other encoding, and for a text without such characters.</returns>
    public static double Commonness(ReadOnlySpan<byte> bytes, int codePage)
    {
        int all = 0,
            common = 0;
        for (var i = 0; i + 1 < bytes.Length; i++)
        {
            if (bytes[i] < 0x81 || (codePage == 932 && bytes[i] is >= 0xA1 and <= 0xDF))
            {
                continue;
            }

            switch (IsCommon(codePage, bytes[i], bytes[i + 1]))
            {
                case null:
                    return 1;
                case true:
                    common++;
                    break;
                default:
                    break;
            }

            all++;
            i++;
        }

        return all == 0 ? 1 : (double)common / all;
    }

    /// <summary>Whether a character is an everyday one; <see langword="null"/> in encodings of one byte.</summary>
    private static bool? IsCommon(int codePage, byte lead, byte trail) =>
        codePage switch
        {
            932 => lead is (>= 0x81 and <= 0x83) or (>= 0x88 and <= 0x97),
            51932 or 20932 => lead is (>= 0xA1 and <= 0xA5) or (>= 0xB0 and <= 0xCF) or 0x8E,
            936 or 54936 => trail >= 0xA1 && (lead is (>= 0xA1 and <= 0xA3) or (>= 0xB0 and <= 0xD7)),
            950 => lead is (>= 0xA1 and <= 0xC6),
            949 or 51949 => lead is (>= 0xA1 and <= 0xA3) or (>= 0xB0 and <= 0xC8),
            _ => null,
        };
}
