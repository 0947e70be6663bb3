namespace McpLongContext.Documents;

/// <summary>How the text of a format is laid out, which decides how it is split.</summary>
public enum TextLayout
{
    /// <summary>Markdown: headings, tables, fenced code.</summary>
    Markdown,

    /// <summary>Turns of speakers, each beginning with <c>[time] Name:</c>.</summary>
    Transcript,
}
