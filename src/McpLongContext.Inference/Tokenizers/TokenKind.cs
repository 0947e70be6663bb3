namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The role of a token in a vocabulary; the numbers are those of GGUF's <c>tokenizer.ggml.token_type</c>.
/// </summary>
public enum TokenKind : byte
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>The token for text that the vocabulary cannot spell.</summary>
    Unknown = 2,

    /// <summary>Structure, such as the end of a turn; it has no text.</summary>
    Control = 3,

    /// <summary>A token that was added to the vocabulary by hand; it has a text, which it never results from.</summary>
    UserDefined = 4,

    /// <summary>A number without a token.</summary>
    Unused = 5,

    /// <summary>One byte, of a character that the vocabulary lacks.</summary>
    Byte = 6,
}
