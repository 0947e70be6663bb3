using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace McpLongContext.Documents.Markup;

/// <summary>
/// Parts of a page that are not its text: hidden ones, and those around the text on every page of a site.
/// </summary>
internal static class Boilerplate
{
    /// <summary>A page has a main part when this share of its text is in there.</summary>
    private const double MainShare = 0.3;

    private const string Around =
        "nav, body > header, body > footer, aside, [role=navigation], [role=banner], [role=contentinfo], [role=search],"
        + " [role=complementary], [role=menu], [role=dialog], .headerlink, .breadcrumb, .breadcrumbs, .sidebar, .navbar,"
        + " .skip-link, .sphinxsidebar, .toc-backref, .edit-this-page, .mw-editsection, .noprint, .cookie-banner,"
        + " #cookie-banner, .site-header, .site-footer, .footer, #footer, #sidebar, #navigation, #mw-navigation";

    /// <summary>Whether an element is never shown as text.</summary>
    public static bool IsInvisible(IElement element) =>
        element.LocalName
            is "script"
                or "style"
                or "noscript"
                or "template"
                or "svg"
                or "iframe"
                or "object"
                or "embed"
                or "audio"
                or "video"
                or "canvas"
                or "head"
                or "button"
                or "select"
                or "input"
                or "textarea"
                or "map"
                or "dialog"
        || element.HasAttribute("hidden")
        || element.GetAttribute("aria-hidden") == "true";

    /// <summary>The part of a page that holds its text, without what stands around it.</summary>
    public static IElement? MainOf(IHtmlDocument page)
    {
        if (page.Body is not { } body)
        {
            return null;
        }

        var length = LengthOf(body);
        foreach (var name in (ReadOnlySpan<string>)["main", "[role=main]", "article", "#content", "#mw-content-text"])
        {
            var found = page.QuerySelectorAll(name);
            if (found.Length == 1 && LengthOf(found[0]) > length * MainShare)
            {
                body = (IHtmlElement)found[0];
                break;
            }
        }

        foreach (var element in body.QuerySelectorAll(Around).ToList())
        {
            // A whole page in an element of this name is no boilerplate.
            if (LengthOf(element) < length * MainShare)
            {
                element.Remove();
            }
        }

        return body;
    }

    private static int LengthOf(IElement element) =>
        element
            .GetDescendants()
            .OfType<IText>()
            .Where(words => words.ParentElement is { } parent && !IsInvisible(parent))
            .Sum(words => words.Data.AsSpan().Trim().Length);
}
