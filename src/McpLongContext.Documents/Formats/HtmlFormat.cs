using System.Text.RegularExpressions;
using McpLongContext.Documents.Markup;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// HTML pages: the main text with its headings, lists, tables and code, without what stands around it. Templates and
/// pages that are programs are no documents: they are read as the code that they are. Cited by the lines of the file.
/// </summary>
internal sealed class HtmlFormat : IDocumentFormat
{
    /// <summary>A page of fewer words is markup rather than text.</summary>
    private const int MinWords = 40;

    /// <inheritdoc/>
    public string Name => "HTML";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => true;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension is ".html" or ".htm" or ".xhtml" or ".shtml" or ""
        && (
            file.Head.Contains("<html", StringComparison.OrdinalIgnoreCase)
            || file.Head.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || (file.Extension.Length > 0 && file.Head.StartsWith('<'))
        );

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        var html = file.Text;
        if (s_templateTag.Value.IsMatch(html))
        {
            return false;
        }

        budget.Check();
        using var page = HtmlText.Parse(html, withPositions: true);
        budget.Check();
        if (Boilerplate.MainOf(page) is not { } main)
        {
            return false;
        }

        var title = page.Title;
        if (!string.IsNullOrWhiteSpace(title) && main.QuerySelector("h1") is null)
        {
            text.AddHeading(1, title);
        }

        var content = new HtmlText(text, budget, placesLines: true);
        content.Add(main);
        return !content.HoldsTemplate && content.Words >= MinWords;
    }

    /// <summary>Marks of template engines within tags.</summary>
    private static readonly Lazy<Regex> s_templateTag = new(() =>
        new Regex(
            @"<[A-Za-z!/][^<>]{0,300}(?:\{\{|\{%|<%)|<[A-Za-z][^<>]{0,300}\s(?:\*ng[A-Z]|v-(?:if|for|bind|model|on)\b|ng-[a-z]|th:[a-z]|x-data\b)[^<>]{0,80}=|^\s*\{[%{]",
            RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        )
    );
}
