namespace McpLongContext.Server.Protocol;

/// <summary>Paths that clients write as URIs (RFC 8089): <c>file:///home/a%20b</c>.</summary>
internal static class FileUri
{
    private const string Scheme = "file:";

    /// <summary>The path of a file URI; every other text as it is.</summary>
    public static string ToPath(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return text;
        }

        var rest = text[Scheme.Length..];
        if (!rest.StartsWith('/'))
        {
            return text;
        }

        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            var path = rest.IndexOf('/', 2);
            var host = path < 0 ? rest[2..] : rest[2..path];
            if (path < 0 || (host.Length > 0 && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase)))
            {
                return text;
            }

            rest = rest[path..];
        }

        var decoded = Uri.UnescapeDataString(rest);
        var hasDrive = decoded is ['/', var drive, ':', ..] && char.IsAsciiLetter(drive);
        return hasDrive ? decoded[1..] : decoded;
    }
}
