using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Wordprocessing;
using Math = DocumentFormat.OpenXml.Math;

namespace McpLongContext.Documents.Office;

/// <summary>
/// The text of a paragraph: what is shown, without what was deleted and without fields' instructions.
/// </summary>
internal static class WordText
{
    /// <summary>The text on one line, except for line breaks that are in it.</summary>
    public static string Of(OpenXmlElement paragraph)
    {
        var text = new StringBuilder();
        foreach (var element in paragraph.Descendants())
        {
            switch (element)
            {
                // A drawing's text stands in there twice: for new and for old versions.
                case Text words when !words.Ancestors<AlternateContentFallback>().Any():
                    text.Append(words.Text);
                    break;
                case Math.Text words:
                    text.Append(words.Text);
                    break;
                case TabChar:
                    text.Append('\t');
                    break;
                case NoBreakHyphen:
                    text.Append('-');
                    break;
                case Break or CarriageReturn:
                    text.Append('\n');
                    break;
                case Paragraph:
                    text.Append(' ');
                    break;
                case FootnoteReference { Id.Value: var id }:
                    text.Append($"[{id}]");
                    break;
            }
        }

        return text.ToString().Trim();
    }
}
