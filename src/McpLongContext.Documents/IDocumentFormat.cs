namespace McpLongContext.Documents;

/// <summary>
/// A format of documents: recognizes its files and reads their text. Adding a format is adding a file in
/// <c>Formats</c> and its line in <see cref="DocumentFormats"/>. Fields hold no type of a library, so that a library is
/// loaded only when a file of its format is read.
/// </summary>
public interface IDocumentFormat
{
    /// <summary>The name that users see: <c>PDF</c>.</summary>
    public string Name { get; }

    /// <summary>How the text is laid out.</summary>
    public TextLayout Layout { get; }

    /// <summary>
    /// Whether the lines of the text are those of the file, so that a citation names the lines, and the location beside
    /// them; otherwise the location is the citation.
    /// </summary>
    public bool KeepsLines { get; }

    /// <summary>Raised whenever the text of the same file changes, so that stored documents are read again.</summary>
    public int Version { get; }

    /// <summary>
    /// Whether a file is of this format: by its content first, and by its name where content does not tell.
    /// </summary>
    public bool Matches(DocumentFile file);

    /// <summary>Reads the text of a file that matches.</summary>
    /// <param name="file">The file.</param>
    /// <param name="text">Receives the text with its locations.</param>
    /// <param name="budget">Limits of time and size; asked at least once a page, cell, row or message.</param>
    /// <returns>Whether the file is a document; a file that is none after all is read as the plain text that it
    /// is.</returns>
    /// <exception cref="UnreadableDocumentException">The file is encrypted, holds no text or exceeds a
    /// limit.</exception>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget);
}
