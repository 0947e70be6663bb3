using System.Text;
using McpLongContext.Context.Globs;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// One line of an ignore file, with the semantics of <c>gitignore(5)</c> as git's <c>dir.c</c> has them.
/// </summary>
internal sealed class IgnorePattern
{
    /// <summary>Longer ones name nothing real; the limit bounds the time that a hostile file can cost.</summary>
    private const int MaxLength = 512;

    private readonly byte[] _pattern;

    /// <summary>Bytes before the first one with a meaning of its own.</summary>
    private readonly int _literalLength;

    /// <summary>The end of every match: the bytes after the last slash or byte with a meaning.</summary>
    private readonly byte[] _ending;
    private readonly bool _directoryOnly;
    private readonly bool _nameOnly;

    private IgnorePattern(string text, int line)
    {
        Text = text;
        Line = line;
        var pattern = Encoding.UTF8.GetBytes(text).AsSpan();
        if (pattern.StartsWith("!"u8))
        {
            Negated = true;
            pattern = pattern[1..];
        }

        if (pattern.EndsWith("/"u8))
        {
            _directoryOnly = true;
            pattern = pattern[..^1];
        }

        _nameOnly = !pattern.Contains((byte)'/');
        LastName = Encoding.UTF8.GetString(pattern[(pattern.LastIndexOf((byte)'/') + 1)..]);
        if (pattern.StartsWith("/"u8))
        {
            pattern = pattern[1..];
        }

        _pattern = pattern.ToArray();
        _literalLength = Array.FindIndex(_pattern, WildMatch.IsSpecial);
        if (_literalLength < 0)
        {
            _literalLength = _pattern.Length;
        }

        var lastSpecial = Array.FindLastIndex(_pattern, b => WildMatch.IsSpecial(b) || b is (byte)']' or (byte)'/');
        _ending = _pattern[(lastSpecial + 1)..];
    }

    /// <summary>The line as written.</summary>
    public string Text { get; }

    /// <summary>The line's number in the file, 1-based.</summary>
    public int Line { get; }

    /// <summary>Whether it takes back what an earlier pattern ignored.</summary>
    public bool Negated { get; }

    /// <summary>The last component of the pattern, as written.</summary>
    public string LastName { get; }

    /// <summary>Whether the last component names one thing instead of many.</summary>
    public bool IsLiteral => !Encoding.UTF8.GetBytes(LastName).Any(WildMatch.IsSpecial);

    /// <summary>Reads a line of an ignore file; null for blank lines and comments.</summary>
    public static IgnorePattern? Parse(string text, int line)
    {
        var pattern = TrimUnescapedSpaces(text.EndsWith('\r') ? text[..^1] : text);
        return pattern.Length is 0 or > MaxLength || pattern[0] == '#' ? null : new IgnorePattern(pattern, line);
    }

    /// <summary>Whether the pattern names a path.</summary>
    /// <param name="path">Relative to the directory of the ignore file, with slashes.</param>
    /// <param name="isDirectory">Whether the path is a directory.</param>
    public bool Matches(ReadOnlySpan<byte> path, bool isDirectory)
    {
        if ((_directoryOnly && !isDirectory) || !path.EndsWith(_ending))
        {
            return false;
        }

        if (_nameOnly)
        {
            var name = path[(path.LastIndexOf((byte)'/') + 1)..];
            return _literalLength == _pattern.Length
                ? name.SequenceEqual(_pattern)
                : WildMatch.IsMatch(_pattern, name, isPath: false);
        }

        // The literal prefix is compared first and the rest matched alone, as git does: a star pair after a literal
        // then counts as one at the beginning.
        if (!path.StartsWith(_pattern.AsSpan(0, _literalLength)))
        {
            return false;
        }

        var rest = path[_literalLength..];
        return _literalLength == _pattern.Length
            ? rest.IsEmpty
            : WildMatch.IsMatch(_pattern.AsSpan(_literalLength), rest, isPath: true);
    }

    private static string TrimUnescapedSpaces(string line)
    {
        var end = line.Length;
        while (end > 0 && line[end - 1] == ' ')
        {
            end--;
        }

        var backslashes = 0;
        while (backslashes < end && line[end - 1 - backslashes] == '\\')
        {
            backslashes++;
        }

        return line[..(end < line.Length && backslashes % 2 == 1 ? end + 1 : end)];
    }
}
