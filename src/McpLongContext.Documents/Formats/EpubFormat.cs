using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using McpLongContext.Documents.Archives;
using McpLongContext.Documents.Markup;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// EPUB 2 and 3: the texts of the book in the order of its spine. Cited by the file in it, as every reader and tool can
/// find it: <c>#OEBPS/chapter3.xhtml</c>.
/// </summary>
internal sealed class EpubFormat : IDocumentFormat
{
    private const string Container = "META-INF/container.xml";

    /// <inheritdoc/>
    public string Name => "EPUB";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Parts.Contains(Container) && (file.Extension == ".epub" || file.Parts.Contains("mimetype"));

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var package = PackageReader.Open(file);
        if (IsProtected(package))
        {
            throw new UnreadableDocumentException("protected by DRM (encrypted)");
        }

        var path =
            package.FindXml(Container)?.Descendants().FirstOrDefault(Is("rootfile"))?.Attribute("full-path")?.Value
            ?? throw new UnreadableDocumentException("a damaged EPUB file: it names no package document");
        var book =
            package.FindXml(path) ?? throw new UnreadableDocumentException($"a damaged EPUB file: {path} is missing");
        AddTitle(book, text);

        var files = book.Descendants()
            .Where(Is("item"))
            .Where(item => item.Attribute("id") is not null && item.Attribute("href") is not null)
            .GroupBy(item => item.Attribute("id")!.Value, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var reference in book.Descendants().Where(Is("itemref")))
        {
            budget.Check();
            if (
                files.GetValueOrDefault(reference.Attribute("idref")?.Value ?? "") is { } item
                && item.Attribute("properties")?.Value.Contains("nav", StringComparison.Ordinal) != true
            )
            {
                AddPart(package, PathOf(path, item.Attribute("href")!.Value), text, budget);
            }
        }

        return true;
    }

    private static void AddPart(PackageReader package, string path, TextBuilder text, ReadBudget budget)
    {
        if (package.Find(path) is not { } bytes)
        {
            return;
        }

        // Elements that XHTML closes in their own tag would stay open in HTML.
        var html = s_selfClosed.Value.Replace(Encoding.UTF8.GetString(bytes), "<${name}${rest}></${name}>");
        using var page = HtmlText.Parse(html);
        if (page.Body is { } body && body.TextContent.AsSpan().Trim().Length > 0)
        {
            text.Mark(LocationFragment.Of(path));
            new HtmlText(text, budget).Add(body);
        }
    }

    private static void AddTitle(XDocument book, TextBuilder text)
    {
        var title = book.Descendants().FirstOrDefault(Is("title"))?.Value;
        text.AddHeading(1, title ?? "");
        text.AddParagraph(string.Join(", ", book.Descendants().Where(Is("creator")).Select(creator => creator.Value)));
    }

    /// <summary>Fonts may be obfuscated, which is no protection of the text.</summary>
    private static bool IsProtected(PackageReader package) =>
        package
            .FindXml("META-INF/encryption.xml")
            ?.Descendants()
            .Where(Is("CipherReference"))
            .Any(reference =>
                reference.Attribute("URI")?.Value is { } uri
                && Path.GetExtension(uri).ToLowerInvariant() is ".xhtml" or ".html" or ".htm" or ".xml"
            ) == true;

    /// <summary>A path of the manifest within the package: relative to the package document, percent-encoded.</summary>
    private static string PathOf(string package, string reference)
    {
        var folders = package.Split('/')[..^1].ToList();
        foreach (var part in Uri.UnescapeDataString(reference.Split('#')[0]).Split('/'))
        {
            if (part == ".." && folders.Count > 0)
            {
                folders.RemoveAt(folders.Count - 1);
            }
            else if (part is not ("." or ".." or ""))
            {
                folders.Add(part);
            }
        }

        return string.Join('/', folders);
    }

    /// <summary>By the local name: prefixes and versions of the namespaces differ between producers.</summary>
    private static Func<XElement, bool> Is(string name) =>
        element => element.Name.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static readonly Lazy<Regex> s_selfClosed = new(() =>
        new Regex(
            @"<(?<name>title|script|style|a|span|div|p|i|b|em|strong|sup|sub|td|th|li|section|iframe|h[1-6])(?<rest>(?:\s[^<>]*)?)/>",
            RegexOptions.NonBacktracking | RegexOptions.IgnoreCase,
            Regex.InfiniteMatchTimeout
        )
    );
}
