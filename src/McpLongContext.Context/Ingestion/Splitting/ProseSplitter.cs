using System.Text.RegularExpressions;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits running text: a paragraph is a passage, and so is a line where every line is a paragraph or carries its own
/// number (verses, statutes). Short paragraphs are joined to about a hundred words.
/// </summary>
internal static partial class ProseSplitter
{
    /// <summary>Lines with more words than this on average are paragraphs of their own.</summary>
    private const int LongLineWords = 40;

    private const int MaxTitleWords = 20;
    private const int MaxHeadingLength = 100;

    public static void Split(LineIndex lines, PassageBuilder passages)
    {
        var packer = new TextPacker(lines, passages);
        var headings = new HeadingPath();
        var line = AddTitle(lines, packer, headings);
        while (line < lines.Count)
        {
            if (lines.IsBlank(line))
            {
                line++;
            }
            else if (HeadingLevel(lines, line) is { } level)
            {
                headings.Set(level, HeadingText(lines[line]));
                packer.AddHeading(line++);
                line += IsUnderline(lines, line) ? 1 : 0;
            }
            else
            {
                var end = line + 1;
                while (end < lines.Count && !lines.IsBlank(end) && HeadingLevel(lines, end) is null)
                {
                    end++;
                }

                AddParagraph(lines, packer, line, end, headings.Text);
                line = end;
            }
        }

        packer.Finish(headings.Text);
    }

    /// <summary>A short first line with a blank one beneath it stands over the whole document.</summary>
    private static int AddTitle(LineIndex lines, TextPacker packer, HeadingPath headings)
    {
        var line = 0;
        while (line < lines.Count && lines.IsBlank(line))
        {
            line++;
        }

        if (line + 1 >= lines.Count || !lines.IsBlank(line + 1))
        {
            return line;
        }

        var title = lines[line].Trim();
        if (
            title is [.., '.' or ',' or ';']
            || HeadingLevel(lines, line) < 4
            || Sentences.CountWords(title) > MaxTitleWords
            || LineTag().IsMatch(title)
        )
        {
            return line;
        }

        headings.Set(0, HeadingText(title));
        packer.AddHeading(line);
        return line + 1;
    }

    private static void AddParagraph(LineIndex lines, TextPacker packer, int first, int end, string context)
    {
        int words = 0,
            tagged = 0;
        for (var line = first; line < end; line++)
        {
            words += Sentences.CountWords(lines[line]);
            tagged += LineTag().IsMatch(Beginning(lines[line])) ? 1 : 0;
        }

        var count = end - first;
        if (tagged * 5 < count * 4 && words <= LongLineWords * count)
        {
            packer.AddBlock(first, end, context);
            return;
        }

        for (var line = first; line < end; line++)
        {
            packer.Break();
            packer.AddBlock(line, line + 1, context);
        }

        packer.Break();
    }

    /// <summary>The level of a heading line; null for any other line.</summary>
    private static int? HeadingLevel(LineIndex lines, int line)
    {
        var text = lines[line].Trim();
        if (text.Length is 0 or > MaxHeadingLength)
        {
            return null;
        }

        if (RuledHeading().IsMatch(text))
        {
            return 1;
        }

        if (line > 0 && !lines.IsBlank(line - 1))
        {
            return null;
        }

        if (IsUnderline(lines, line + 1))
        {
            return 2;
        }

        if (line + 1 < lines.Count && !lines.IsBlank(line + 1))
        {
            return null;
        }

        return PartHeading().IsMatch(text) ? 2
            : ChapterHeading().IsMatch(text) ? 3
            : NumberedHeading().IsMatch(text) || IsUpperCase(text) ? 4
            : null;
    }

    private static ReadOnlySpan<char> HeadingText(ReadOnlySpan<char> line) => line.Trim(" \t=*-#~");

    private static bool IsUnderline(LineIndex lines, int line)
    {
        if (line >= lines.Count)
        {
            return false;
        }

        var text = lines[line].TrimEnd();
        return text.Length >= 3
            && text[0] is '=' or '-' or '~'
            && text.IndexOfAnyExcept(text[0]) < 0
            && text.Length >= 3;
    }

    private static bool IsUpperCase(ReadOnlySpan<char> text)
    {
        var letters = 0;
        foreach (var c in text)
        {
            if (char.IsLower(c))
            {
                return false;
            }

            letters += char.IsUpper(c) ? 1 : 0;
        }

        return letters >= 3;
    }

    private static ReadOnlySpan<char> Beginning(ReadOnlySpan<char> line) => line[..Math.Min(line.Length, 40)];

    /// <summary>A number or reference that a verse or article begins with.</summary>
    [GeneratedRegex(
        @"^\s*(?:\[[^\]\s][^\]]{0,30}\d\]|\d{1,3}:\d{1,3}|§\s?\d+|\(\d{1,4}\)|\d{1,4}[.)])\s",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex LineTag();

    [GeneratedRegex(
        @"^(?:={2,}|-{2,}|\*{2,}|~{2,})\s+\S.*\S\s+(?:={2,}|-{2,}|\*{2,}|~{2,})$",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex RuledHeading();

    [GeneratedRegex(
        @"^(?:PART|Part|BOOK|Book|VOLUME|Volume|ACT|Act|TITLE|Title)\s+[\w.]{1,12}\b",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex PartHeading();

    [GeneratedRegex(
        @"^(?:(?:CHAPTER|Chapter|SECTION|Section|SCENE|Scene|ARTICLE|Article|APPENDIX|Appendix|LETTER|Letter)\s+[\w.]{1,12}\b"
            + @"|(?:Prologue|Epilogue|Preface|Introduction|Foreword|Afterword|Abstract|References|Conclusions?)$"
            + @"|[IVXLC]{1,7}\.?$)",
        RegexOptions.None,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex ChapterHeading();

    [GeneratedRegex(@"^\d{1,3}(?:\.\d{1,3}){0,4}\.?\s+\p{Lu}[^.]*$", RegexOptions.None, matchTimeoutMilliseconds: -1)]
    private static partial Regex NumberedHeading();
}
