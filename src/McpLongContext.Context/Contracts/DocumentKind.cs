namespace McpLongContext.Context.Contracts;

/// <summary>
/// The kind of a text, recognized from its name and content. It decides how the
/// text is split, what the encoder reads, and how the search signals are weighted.
/// </summary>
public enum DocumentKind
{
    /// <summary>Running text, or lines of text: books, articles, notes.</summary>
    Prose,

    /// <summary>Text under headings: Markdown and its relatives.</summary>
    Markdown,

    /// <summary>Turns of speakers: meetings, chats, subtitles.</summary>
    Transcript,

    /// <summary>A program in any language.</summary>
    Code,

    /// <summary>Records and settings: JSON, CSV, YAML, XML.</summary>
    Data,
}
