using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;

namespace McpLongContext.Documents.Office;

/// <summary>
/// Which paragraphs are headings: by their outline level, or by the name of their style in any language.
/// </summary>
internal sealed class WordHeadings
{
    private const int MaxInheritance = 20;

    private readonly Dictionary<string, int> _levels = new(StringComparer.Ordinal);

    /// <summary>The headings of a document; those of a part that is missing go by their names.</summary>
    public static WordHeadings Of(StyleDefinitionsPart? part)
    {
        var headings = new WordHeadings();
        var styles = (part?.Styles?.Elements<Style>() ?? [])
            .Where(style => style.StyleId?.Value is not null)
            .GroupBy(style => style.StyleId!.Value!)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var (id, style) in styles)
        {
            var current = style;
            for (var i = 0; i < MaxInheritance && current is not null; i++)
            {
                if (LevelOf(current) is > 0 and var level)
                {
                    headings._levels[id] = level;
                    break;
                }

                current = current.BasedOn?.Val?.Value is { } parent ? styles.GetValueOrDefault(parent) : null;
            }
        }

        return headings;
    }

    /// <summary>1 to 6; 0 for a paragraph that is no heading.</summary>
    public int LevelOf(Paragraph paragraph)
    {
        var properties = paragraph.ParagraphProperties;
        if (properties?.OutlineLevel?.Val?.Value is { } outline and < 6)
        {
            return outline + 1;
        }

        var id = properties?.ParagraphStyleId?.Val?.Value;
        return id is null ? 0 : _levels.GetValueOrDefault(id, LevelOfName(id));
    }

    private static int LevelOf(Style style) =>
        style.StyleParagraphProperties?.OutlineLevel?.Val?.Value is { } outline and < 6
            ? outline + 1
            : LevelOfName(style.StyleName?.Val?.Value ?? "");

    /// <summary><c>heading 2</c>, <c>Heading2</c>, <c>Title</c>.</summary>
    private static int LevelOfName(string name)
    {
        if (name.Equals("title", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        return
            name.StartsWith("heading", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(name.AsSpan("heading".Length).Trim(), out var level)
            && level is >= 1 and <= 9
            ? Math.Min(level, 6)
            : 0;
    }
}
