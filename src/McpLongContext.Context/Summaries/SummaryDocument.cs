using McpLongContext.Context.LongInference;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.Summaries;

/// <summary>A text to summarize, as the model reads it.</summary>
/// <param name="Text">The text and its tokens.</param>
internal sealed record SummaryDocument(TokenText Text)
{
    /// <summary>The document of the datastore; <see langword="null"/> for a text of this call.</summary>
    public Document? Stored { get; init; }

    /// <summary>Tokens of the text that are read.</summary>
    public int Tokens { get; init; } = Text.Tokens.Length;
}
