using McpLongContext.Documents.Subtitles;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// WebVTT: what is said, with its speakers, in the lines where the file has it. Cited by line, with the time beside it:
/// <c>t=00:12:03</c>.
/// </summary>
internal sealed class WebVttFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "WebVTT";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => true;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Head.StartsWith("WEBVTT", StringComparison.Ordinal) && file.Head.Contains("-->", StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget) => CueReader.Read(file.Text, text);
}
