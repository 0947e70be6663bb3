namespace McpLongContext.Inference.Tokenizers.Normalizers;

/// <summary>
/// The text that a SentencePiece model cuts: characters replaced by a map, runs of spaces joined, a space put before it
/// (Kudo and Richardson, arXiv 1808.06226, section 3). Spaces stay spaces; files write them as <c>▁</c>, which counts as
/// one here, too.
/// </summary>
/// <param name="map">The replacements; null: none.</param>
/// <param name="addsSpace">Whether a space is put before a text.</param>
/// <param name="joinsSpaces">Whether spaces around the text and all but one of a run are dropped.</param>
internal sealed class SentencePieceNormalizer(CharacterMap? map, bool addsSpace, bool joinsSpaces)
{
    private const byte Space = (byte)' ';

    /// <summary>Whether a space is put before a text.</summary>
    public bool AddsSpace => addsSpace;

    /// <summary>Normalizes a text.</summary>
    /// <param name="text">In UTF-8.</param>
    /// <param name="normalized">Receives the bytes.</param>
    /// <param name="sources">Receives where in the text each byte comes from, and the text's length after them.</param>
    public void Normalize(ReadOnlySpan<byte> text, List<byte> normalized, List<int> sources)
    {
        var at = 0;
        // Where spaces are joined those at the beginning vanish.
        while (joinsSpaces && at < text.Length && Next(text[at..], out var length) is [Space])
        {
            at += length;
        }

        if (at < text.Length && addsSpace)
        {
            normalized.Add(Space);
            sources.Add(at);
        }

        var afterSpace = joinsSpaces;
        while (at < text.Length)
        {
            var piece = Next(text[at..], out var length);
            if (afterSpace)
            {
                piece = piece.TrimStart(Space);
            }

            AddPiece(piece, at, normalized, sources);
            if (!piece.IsEmpty)
            {
                afterSpace = joinsSpaces && piece[^1] == Space;
            }

            at += length;
        }

        while (joinsSpaces && normalized.Count > 0 && normalized[^1] == Space)
        {
            normalized.RemoveAt(normalized.Count - 1);
            at = sources[^1];
            sources.RemoveAt(sources.Count - 1);
        }

        sources.Add(at);
    }

    private static void AddPiece(ReadOnlySpan<byte> piece, int source, List<byte> normalized, List<int> sources)
    {
        for (var i = 0; i < piece.Length; i++)
        {
            // The files' symbol for a space stands for one in a text, too.
            if (piece[i..].StartsWith(SentencePieceAlphabet.Space))
            {
                normalized.Add(Space);
                i += SentencePieceAlphabet.Space.Length - 1;
            }
            else
            {
                normalized.Add(piece[i]);
            }

            sources.Add(source);
        }
    }

    /// <summary>The next replacement, or the next character as it is.</summary>
    private ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, out int length)
    {
        if (map is not null && map.Find(text, out length) is var found && length > 0)
        {
            return found;
        }

        length = Math.Min(Utf8Length(text[0]), text.Length);
        return text[..length];
    }

    /// <summary>The bytes of a character by its first byte.</summary>
    public static int Utf8Length(byte first) =>
        first switch
        {
            < 0xC0 => 1,
            < 0xE0 => 2,
            < 0xF0 => 3,
            _ => 4,
        };
}
