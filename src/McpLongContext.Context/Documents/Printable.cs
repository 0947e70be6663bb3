using System.Text;

namespace McpLongContext.Context.Documents;

/// <summary>Names as they may be shown: on one line, and without control sequences.</summary>
internal static class Printable
{
    /// <summary>The name with control characters and lone surrogates written as <c>\uXXXX</c>.</summary>
    public static string Path(string name)
    {
        if (IsPrintable(name))
        {
            return name;
        }

        var shown = new StringBuilder(name.Length + 16);
        foreach (var c in name)
        {
            _ = IsPrintable(c) ? shown.Append(c) : shown.Append("\\u").Append(((int)c).ToString("X4"));
        }

        return shown.ToString();
    }

    /// <summary>
    /// Whether a name can stand in a citation. The runtime decodes a name that is not valid UTF-8 with U+FFFD, and
    /// such a name finds no file.
    /// </summary>
    public static bool IsPrintable(string name) => name.All(IsPrintable);

    private static bool IsPrintable(char c) =>
        !char.IsControl(c) && c is not ('\uFFFD' or '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E'));
}
