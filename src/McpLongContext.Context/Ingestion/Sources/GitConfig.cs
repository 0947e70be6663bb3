using System.Text;
using McpLongContext.Context.Globs;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Values of Git's configuration files (<c>git-config(1)</c>): sections, quotes, continued lines, comments,
/// <c>include.path</c> and <c>includeIf.gitdir</c>. The last value of a key counts.
/// </summary>
internal sealed class GitConfig(string home, string gitDirectory)
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxIncludes = 10;

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The value of a key such as <c>core.excludesfile</c>; <see langword="null"/> when it is not set.
    /// </summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>Whether a key is set to a true value.</summary>
    public bool IsTrue(string key) => this[key]?.ToUpperInvariant() is "TRUE" or "YES" or "ON" or "1" or "";

    /// <summary>
    /// A path of the configuration: relative to a directory, or to the home directory after <c>~/</c>.
    /// </summary>
    public string Expand(string path, string relativeTo) =>
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Join(home, path[2..])
        : Path.IsPathRooted(path) ? path
        : Path.Join(relativeTo, path);

    /// <summary>Reads a file; one that is missing or cannot be read says nothing.</summary>
    public void Read(string path, int includes = 0)
    {
        if (includes > MaxIncludes || RegularFile.TryRead(path, MaxBytes) is not { } bytes)
        {
            return;
        }

        var section = "";
        foreach (var line in Lines(Encoding.UTF8.GetString(bytes)))
        {
            var text = line.AsSpan().Trim();
            if (text is ['[', ..] && text.IndexOf(']') is > 0 and var end)
            {
                section = SectionName(text[1..end]);
                text = text[(end + 1)..].Trim();
            }

            if (text.IsEmpty)
            {
                continue;
            }

            var equals = text.IndexOf('=');
            var key = $"{section}.{(equals < 0 ? text : text[..equals]).Trim()}";
            var value = equals < 0 ? "" : Value(text[(equals + 1)..]);
            _values[key] = value;
            if (IsInclude(key, Path.GetDirectoryName(path)!))
            {
                Read(Expand(value, Path.GetDirectoryName(path)!), includes + 1);
            }
        }
    }

    /// <summary><c>include.path</c>, and <c>includeIf.gitdir:PATTERN.path</c> whose pattern matches.</summary>
    private bool IsInclude(string key, string directory)
    {
        if (key.Equals("include.path", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        const string Condition = "includeif.gitdir";
        const string Suffix = ".path";
        if (
            !key.StartsWith(Condition, StringComparison.OrdinalIgnoreCase)
            || !key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase)
            || key.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var colon)
            || colon >= key.Length - Suffix.Length
        )
        {
            return false;
        }

        var ignoresCase = key[..colon].EndsWith("/i", StringComparison.OrdinalIgnoreCase);
        var pattern = key[(colon + 1)..^Suffix.Length];
        pattern =
            pattern.StartsWith("./", StringComparison.Ordinal) ? Path.Join(directory, pattern[2..])
            : pattern.StartsWith("~/", StringComparison.Ordinal) || Path.IsPathRooted(pattern)
                ? Expand(pattern, directory)
            : "**/" + pattern;
        pattern += pattern.EndsWith('/') ? "**" : "";
        var text = gitDirectory;
        if (ignoresCase)
        {
            (pattern, text) = (pattern.ToUpperInvariant(), text.ToUpperInvariant());
        }

        return WildMatch.IsMatch(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text), isPath: true);
    }

    /// <summary>
    /// <c>core</c> of <c>[core]</c>, <c>includeIf.gitdir:~/src/</c> of <c>[includeIf "gitdir:~/src/"]</c>.
    /// </summary>
    private static string SectionName(ReadOnlySpan<char> text)
    {
        var quote = text.IndexOf('"');
        return quote < 0
            ? text.Trim().ToString()
            : $"{text[..quote].Trim()}.{text[(quote + 1)..].TrimEnd().TrimEnd('"')}";
    }

    /// <summary>Lines without comments; a backslash at the end continues a line.</summary>
    private static IEnumerable<string> Lines(string text)
    {
        var line = new StringBuilder();
        foreach (var part in text.TrimStart('\uFEFF').Split('\n'))
        {
            var trimmed = part.TrimEnd('\r');
            if (line.Length == 0 && trimmed.AsSpan().TrimStart() is ['#' or ';', ..])
            {
                continue;
            }

            if (trimmed.EndsWith('\\') && !trimmed.EndsWith("\\\\", StringComparison.Ordinal))
            {
                line.Append(trimmed, 0, trimmed.Length - 1);
                continue;
            }

            yield return line.Append(trimmed).ToString();
            line.Clear();
        }
    }

    /// <summary>A value without its quotes, escapes and the comment after it.</summary>
    private static string Value(ReadOnlySpan<char> text)
    {
        var value = new StringBuilder();
        var quoted = false;
        var end = 0;
        text = text.Trim();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"')
            {
                quoted = !quoted;
                end = value.Length;
            }
            else if (!quoted && c is ('#' or ';'))
            {
                break;
            }
            else
            {
                c = c == '\\' && i + 1 < text.Length ? Escaped(text[++i]) : c;
                value.Append(c);
                end = quoted || c is not (' ' or '\t') ? value.Length : end;
            }
        }

        return value.ToString(0, end);

        static char Escaped(char c) =>
            c switch
            {
                'n' => '\n',
                't' => '\t',
                _ => c,
            };
    }
}
