using System.Text.RegularExpressions;
using McpLongContext.Documents.Subtitles;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// SubRip (SRT): what is said, in the lines where the file has it. Cited by line, with the time beside it:
/// <c>t=00:12:03</c>.
/// </summary>
internal sealed class SubRipFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "SubRip";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Transcript;

    /// <inheritdoc/>
    public bool KeepsLines => true;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Head is [>= '0' and <= '9', ..] && s_beginning.Value.IsMatch(file.Head);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget) => CueReader.Read(file.Text, text);

    private static readonly Lazy<Regex> s_beginning = new(() =>
        new Regex(
            @"^\d+[ \t]*(?:\r\n|\r|\n)\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}[ \t]*-->",
            RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        )
    );
}
