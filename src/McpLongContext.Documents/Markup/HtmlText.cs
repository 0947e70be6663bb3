using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace McpLongContext.Documents.Markup;

/// <summary>The text of HTML as Markdown: headings, paragraphs, lists, tables, code. Scripts never run.</summary>
/// <param name="text">Receives the text.</param>
/// <param name="budget">Bounds the time.</param>
/// <param name="placesLines">Whether every block stands in the line that it has in the source, as far as
/// possible.</param>
internal sealed class HtmlText(TextBuilder text, ReadBudget budget, bool placesLines = false)
{
    private readonly StringBuilder _inline = new();
    private int _inlineLine;
    private int _inlineBreaks;
    private int _pendingBreaks;

    /// <summary>Whether text outside of code holds the marks of a template engine.</summary>
    public bool HoldsTemplate { get; private set; }

    /// <summary>Words in paragraphs, lists, tables and code.</summary>
    public int Words { get; private set; }

    /// <summary>Parses a page or a fragment; images, styles and scripts are not loaded.</summary>
    /// <exception cref="UnreadableDocumentException">
    /// The elements are nested deeper than those of any real page.
    /// </exception>
    public static IHtmlDocument Parse(string html, bool withPositions = false)
    {
        TagDepth.Check(html);
        var options = new HtmlParserOptions
        {
            IsKeepingSourceReferences = withPositions,
            MaximumDepth = ReadBudget.MaxDepth,
        };
        return new HtmlParser(options).ParseDocument(html);
    }

    /// <summary>Adds the text beneath a node.</summary>
    public void Add(INode node)
    {
        AddChildren(node, depth: 0);
        Flush();
    }

    private void AddChildren(INode node, int depth)
    {
        ReadBudget.CheckDepth(depth / 4);
        foreach (var child in node.ChildNodes)
        {
            if (child is IText words)
            {
                AddInline(words.Data);
            }
            else if (child is IElement element && !Boilerplate.IsInvisible(element))
            {
                AddElement(element, depth + 1);
            }
        }
    }

    private void AddElement(IElement element, int depth)
    {
        switch (element.LocalName)
        {
            case "br":
                AppendBreak();
                break;
            case "h1" or "h2" or "h3" or "h4" or "h5" or "h6":
                Flush();
                Place(element);
                text.AddHeading(element.LocalName[1] - '0', TextOf(element));
                break;
            case "pre" or "listing" or "xmp":
                Flush();
                Place(element, element.TextContent.AsSpan().TrimEnd().Count('\n'));
                Count(element.TextContent);
                text.AddCode(LanguageOf(element), element.TextContent);
                break;
            case "table" when !IsLayout(element):
                Flush();
                AddTable(element);
                break;
            case "li":
                Begin(element);
                _inline.Append("- ");
                AddChildren(element, depth);
                Flush();
                break;
            case "code" or "kbd" or "samp" or "tt" when element.ChildElementCount == 0:
                AddInline(element.TextContent, isCode: true);
                break;
            case "img" or "area":
                AddInline(element.GetAttribute("alt") ?? "");
                break;
            case "hr":
                Flush();
                break;
            case var name when IsBlock(name):
                Begin(element);
                AddChildren(element, depth);
                Flush();
                break;
            default:
                _inlineLine = _inline.Length == 0 ? LineOf(element) : _inlineLine;
                AddChildren(element, depth);
                break;
        }
    }

    private void AddTable(IElement table)
    {
        foreach (var caption in table.QuerySelectorAll("caption"))
        {
            text.AddParagraph(TextOf(caption));
        }

        text.Blank();
        foreach (var row in table.QuerySelectorAll("tr"))
        {
            budget.Check();
            var cells = row.Children.Where(cell => cell.LocalName is "td" or "th").Select(TextOf).ToList();
            if (cells.Exists(cell => cell.Length > 0))
            {
                Place(row);
                cells.ForEach(Count);
                text.AddRow(cells);
            }
        }

        text.Blank();
    }

    /// <summary>
    /// A table in a table, or with headings or lists in it, lays out a page; its cells are read one after the other.
    /// </summary>
    private static bool IsLayout(IElement table) =>
        table.GetAttribute("role") is "presentation" or "none"
        || table.QuerySelector("table, h1, h2, h3, pre, p + p, article") is not null;

    private void Begin(IElement element)
    {
        Flush();
        _inlineLine = LineOf(element);
        (_inlineBreaks, _pendingBreaks) = (0, 0);
    }

    private void AddInline(string words, bool isCode = false)
    {
        budget.Check();
        if (!isCode && s_templateMarks.Any(mark => words.Contains(mark, StringComparison.Ordinal)))
        {
            HoldsTemplate = true;
        }

        CountBreaks(words);
        _inline.Append(isCode ? $"`{TextBuilder.OneLine(words)}`" : words.Replace('\n', ' ').Replace('\r', ' '));
    }

    private static readonly string[] s_templateMarks = ["{{", "{%", "<%", "<?"];

    /// <summary>Counts the line breaks of the source in front of the last word.</summary>
    private void CountBreaks(string words)
    {
        foreach (var c in words)
        {
            if (c == '\n')
            {
                _pendingBreaks++;
            }
            else if (!char.IsWhiteSpace(c))
            {
                _inlineBreaks += _pendingBreaks;
                _pendingBreaks = 0;
            }
        }
    }

    private void AppendBreak() => _inline.Append('\n');

    private void Flush()
    {
        var lines = _inline.ToString().Split('\n').Select(TextBuilder.OneLine).Where(line => line.Length > 0).ToList();
        _inline.Clear();
        if (lines.Count == 0 || (lines.Count == 1 && lines[0] == "-"))
        {
            return;
        }

        var isItem = lines[0].StartsWith("- ", StringComparison.Ordinal);
        if (!isItem)
        {
            text.Blank();
        }

        PlaceLine(_inlineLine, _inlineLine + _inlineBreaks);
        foreach (var line in lines)
        {
            Count(line);
            text.Add(line);
        }

        if (!isItem)
        {
            text.Blank();
        }
    }

    private void Place(IElement element, int breaks = 0) => PlaceLine(LineOf(element), LineOf(element) + breaks);

    private void PlaceLine(int line, int end)
    {
        if (!placesLines || line <= 0)
        {
            return;
        }

        text.AdvanceTo(line);
        text.Mark(LocationFragment.Join($"L{line}", $"L{end}"), cuts: false);
    }

    private static int LineOf(IElement element) => element.SourceReference?.Position.Line ?? 0;

    private static string TextOf(IElement element)
    {
        var result = new StringBuilder();
        foreach (var node in element.GetDescendants())
        {
            if (node is IText words && words.ParentElement is { } parent && !Boilerplate.IsInvisible(parent))
            {
                result.Append(words.Data);
            }
            else if (node is IElement { LocalName: "br" or "p" or "div" or "li" })
            {
                result.Append(' ');
            }
        }

        return TextBuilder.OneLine(result.ToString());
    }

    private void Count(string words) => Words += words.Count(c => c == ' ') + 1;

    private static string LanguageOf(IElement code)
    {
        var names = $"{code.ClassName} {code.QuerySelector("code")?.ClassName} {code.ParentElement?.ClassName}";
        foreach (var name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var prefix in (ReadOnlySpan<string>)["language-", "lang-", "highlight-source-", "highlight-"])
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length)
                {
                    return name[prefix.Length..];
                }
            }
        }

        return "";
    }

    private static bool IsBlock(string name) =>
        name
            is "p"
                or "div"
                or "section"
                or "article"
                or "main"
                or "body"
                or "html"
                or "ul"
                or "ol"
                or "dl"
                or "dt"
                or "dd"
                or "blockquote"
                or "figure"
                or "figcaption"
                or "header"
                or "footer"
                or "aside"
                or "nav"
                or "address"
                or "details"
                or "summary"
                or "fieldset"
                or "form"
                or "center"
                or "tr"
                or "td"
                or "th"
                or "table"
                or "tbody"
                or "thead"
                or "tfoot"
                or "caption"
                or "hgroup"
                or "menu"
                or "legend"
                or "title";
}
