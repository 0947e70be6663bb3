using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Documents;

namespace McpLongContext.Context.Ingestion;

/// <summary>A text that was read.</summary>
/// <param name="Text">The whole text; lines end as in the file.</param>
/// <param name="Kind">The kind of the document.</param>
/// <param name="ContentHash">SHA-256 of the bytes, lower-case hexadecimal.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Doubt">The uncertainty about the encoding; <see langword="null"/> when it is known.</param>
internal sealed record SourceDocument(
    string Text,
    DocumentKind Kind,
    string ContentHash,
    long Bytes,
    string? Doubt = null
)
{
    /// <summary>The format that the text was read from; <see langword="null"/> for plain text.</summary>
    public IDocumentFormat? Format { get; init; }

    /// <summary>The text with its locations in the file; <see langword="null"/> for plain text.</summary>
    public ExtractedText? Extracted { get; init; }

    /// <summary>The kind as it is stored, with the format: <c>Prose (PDF)</c>.</summary>
    public string StoredKind => Format is null ? Kind.ToString() : $"{Kind} ({Format.Name})";

    /// <summary>A document of a text that came without a file.</summary>
    /// <param name="name">The document's name; an extension tells the kind.</param>
    /// <param name="text">The text.</param>
    public static SourceDocument FromText(string name, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new SourceDocument(text, DocumentKindRecognizer.Recognize(name, text), HashOf(bytes), bytes.Length);
    }

    /// <summary>The content hash of bytes.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
