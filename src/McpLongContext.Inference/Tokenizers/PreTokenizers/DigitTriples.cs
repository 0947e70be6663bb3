namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The rule that digits are in threes from the left, <c>[0-9][0-9][0-9]</c>, and what is between.</summary>
internal sealed class DigitTriples : IPreTokenizer
{
    private const int Group = 3;

    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (AreDigits(text))
        {
            return Group;
        }

        var at = 1;
        while (at < text.Length && !AreDigits(text[at..]))
        {
            at++;
        }

        return at;
    }

    private static bool AreDigits(ReadOnlySpan<byte> text) =>
        text.Length >= Group && text[..Group].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}
