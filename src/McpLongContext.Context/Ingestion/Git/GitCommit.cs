using System.Globalization;
using System.Text;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>A commit object.</summary>
/// <param name="Hash">The object name, in hexadecimal.</param>
/// <param name="Tree">The object name of the tree.</param>
/// <param name="Parents">The object names of the parents.</param>
/// <param name="Author">The name of the author.</param>
/// <param name="Date">The date of the author.</param>
/// <param name="Committed">The time of the commit, in seconds since 1970.</param>
/// <param name="Message">The message, lines ended by line feeds.</param>
internal sealed record GitCommit(
    string Hash,
    string Tree,
    IReadOnlyList<string> Parents,
    string Author,
    DateTimeOffset Date,
    long Committed,
    string Message
)
{
    private const int MaxParents = 128;

    /// <summary>Characters of a message, and of a name.</summary>
    private const int MaxMessage = 64 * 1024;

    private const int MaxAuthor = 200;

    /// <summary>The years 100 to 9000: what lies beyond is no date of a commit.</summary>
    private const long MinSeconds = -59_000_000_000;

    private const long MaxSeconds = 222_000_000_000;

    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a commit object; <see langword="null"/> where the content is none.</summary>
    /// <param name="hash">The object name.</param>
    /// <param name="content">The content.</param>
    public static GitCommit? Parse(string hash, ReadOnlySpan<byte> content)
    {
        string? tree = null;
        List<string> parents = [];
        ReadOnlySpan<byte> author = default;
        ReadOnlySpan<byte> committer = default;
        ReadOnlySpan<byte> encoding = default;
        while (content.Length > 0 && content[0] != '\n')
        {
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (line.StartsWith("tree "u8))
            {
                tree ??= Name(line[5..], hash.Length);
            }
            else if (line.StartsWith("parent "u8) && parents.Count < MaxParents)
            {
                parents.AddRange(Name(line[7..], hash.Length) is { } parent ? [parent] : Array.Empty<string>());
            }
            else if (line.StartsWith("author "u8))
            {
                author = line[7..];
            }
            else if (line.StartsWith("committer "u8))
            {
                committer = line[10..];
            }
            else if (line.StartsWith("encoding "u8))
            {
                encoding = line[9..];
            }
        }

        if (tree is null)
        {
            return null;
        }

        // Commits wait in memory until they are walked to, and a hostile one packs megabytes to nothing.
        var message = Cut(Decode(content.IsEmpty ? content : content[1..], encoding), MaxMessage);
        var (name, date) = Signature(Decode(author, encoding));
        var (_, committed) = Signature(Decode(committer, encoding));
        return new GitCommit(
            hash,
            tree,
            parents,
            Cut(name, MaxAuthor),
            date,
            committed.ToUnixTimeSeconds(),
            message.ReplaceLineEndings("\n").Trim('\n')
        );
    }

    private static string Cut(string text, int length) => text.Length > length ? text[..length] : text;

    private static string? Name(ReadOnlySpan<byte> line, int length)
    {
        var name = Encoding.ASCII.GetString(line);
        return name.Length == length && name.All(char.IsAsciiHexDigitLower) ? name : null;
    }

    /// <summary>Text in the encoding that the commit names; where it is not in that one, byte by byte.</summary>
    private static string Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> encoding)
    {
        try
        {
            var named = encoding.IsEmpty ? null : Named(Encoding.ASCII.GetString(encoding));
            return (named ?? s_utf8).GetString(bytes).Replace("\0", "", StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes).Replace("\0", "", StringComparison.Ordinal);
        }
    }

    private static Encoding? Named(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary><c>Ada &lt;ada@localhost&gt; 1700000000 +0100</c>; what is malformed of the date is that of 1970.</summary>
    private static (string Name, DateTimeOffset Date) Signature(string text)
    {
        var end = text.LastIndexOf('>');
        var mail = text.IndexOf('<', StringComparison.Ordinal);
        var name = (mail < 0 ? text : text[..mail]).Trim();
        var parts = text[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isDate =
            parts.Length > 0
                & long.TryParse(
                    parts.FirstOrDefault(),
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var seconds
                )
            && seconds is >= MinSeconds and <= MaxSeconds;
        return (name, DateTimeOffset.FromUnixTimeSeconds(isDate ? seconds : 0).ToOffset(Zone(parts)));
    }

    private static TimeSpan Zone(string[] parts)
    {
        const int MaxMinutes = 14 * 60;
        if (
            parts.Length < 2
            || !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var zone)
        )
        {
            return TimeSpan.Zero;
        }

        var minutes = (zone / 100 * 60) + (zone % 100);
        return Math.Abs(minutes) <= MaxMinutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.Zero;
    }
}
