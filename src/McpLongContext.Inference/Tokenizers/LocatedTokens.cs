namespace McpLongContext.Inference.Tokenizers;

/// <summary>The tokens of a text and where in it each begins.</summary>
/// <param name="Ids">[tokens].</param>
/// <param name="Starts">[tokens + 1], in bytes of the text's UTF-8; the last one is where the last token ends.</param>
public sealed record LocatedTokens(int[] Ids, int[] Starts);
