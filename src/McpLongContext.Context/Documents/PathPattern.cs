using System.Text.RegularExpressions;

namespace McpLongContext.Context.Documents;

/// <summary>
/// The ways in which a path is written: as shown, as a citation, as a URI, relative to a parent folder.
/// </summary>
internal static partial class PathPattern
{
    /// <summary>The meanings that a pattern may have when it is taken as it is written, most literal first.</summary>
    public static IEnumerable<string> ReadingsOf(string glob, DocumentPaths paths)
    {
        var written = glob.Trim();
        string[] forms = [written, WithSlashes(written), written.Replace('\\', '/'), WithoutLines(written)];
        var readings = forms.SelectMany(form => new[] { form, Uri.UnescapeDataString(form) });
        return readings.Select(form => FromParent(form, paths)).Where(form => form.Length > 0).Distinct();
    }

    /// <summary>Backslashes separate folders unless they stand before a bracket or brace.</summary>
    public static string WithSlashes(string glob) => Separator().Replace(glob, "/");

    /// <summary>A path without the lines that a citation or a link names after it.</summary>
    public static string WithoutLines(string path) => Lines().Replace(path, "");

    /// <summary>Paths outside the working directory are shown absolutely.</summary>
    private static string FromParent(string glob, DocumentPaths paths)
    {
        if (!glob.StartsWith("../", StringComparison.Ordinal))
        {
            return glob;
        }

        var names = glob.Split('/');
        var parents = names.TakeWhile(name => name == "..").Count();
        var folder = paths.Identify(string.Join('/', names[..parents])).Replace('\\', '/');
        return $"{folder.TrimEnd('/')}/{string.Join('/', names[parents..])}";
    }

    /// <summary>The lines that a citation or a link names after a path.</summary>
    [GeneratedRegex(@"(?::\d+(?:[-:]\d+)?|#L\d+(?:-L?\d+)?|\?lines=\d+(?:-\d+)?)$", RegexOptions.CultureInvariant, -1)]
    private static partial Regex Lines();

    [GeneratedRegex(@"\\(?![\[\]{}])", RegexOptions.CultureInvariant, -1)]
    private static partial Regex Separator();
}
