namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>A rule that cuts text into pieces before any merge.</summary>
internal interface IPreTokenizer
{
    /// <summary>The length of the first piece, in bytes.</summary>
    /// <param name="text">Valid UTF-8, not empty. What follows it is unknown to the rule.</param>
    public int FirstPiece(ReadOnlySpan<byte> text);
}
