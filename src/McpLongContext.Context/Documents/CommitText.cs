using System.Globalization;
using System.Text;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Context.Documents;

/// <summary>Commits as text, and the names under which they are cited and read.</summary>
internal static class CommitText
{
    private const string Prefix = "commit ";
    private const int ShownDigits = 12;
    private const int LeastDigits = 4;

    /// <summary>The name in a citation: <c>commit 1a2b3c4d5e6f</c>.</summary>
    public static string NameOf(Commit commit) => Prefix + commit.Hash[..ShownDigits];

    /// <summary>The first digits of the commit that a name stands for; <see langword="null"/>: it is no such name.</summary>
    public static string? HashOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && name.Length - Prefix.Length is >= LeastDigits and <= 64
        && name[Prefix.Length..].All(char.IsAsciiHexDigit)
            ? name[Prefix.Length..]
            : null;

    /// <summary>The date in the zone of the author: <c>2026-01-31</c>.</summary>
    public static string DateOf(Commit commit) => commit.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The whole commit.</summary>
    public static string Of(Commit commit) => Of(commit, commit.Body.Length, commit.Files.Count);

    /// <summary>A commit: hash, author, date, message, and the files that it touched.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="bodyLength">The most characters of the body.</param>
    /// <param name="files">The most files.</param>
    public static string Of(Commit commit, int bodyLength, int files)
    {
        var text = new StringBuilder();
        text.Append(Prefix).Append(commit.Hash).Append('\n');
        text.Append("Author: ").Append(commit.Author).Append('\n');
        text.Append("Date: ")
            .Append(commit.Date.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture))
            .Append("\n\n");
        text.Append(commit.Subject).Append('\n');
        if (commit.Body.Length > 0)
        {
            text.Append('\n').Append(Cut(commit.Body, bodyLength)).Append('\n');
        }

        if (commit.Files.Count > 0)
        {
            text.Append('\n');
        }

        foreach (var file in commit.Files.Take(files))
        {
            text.Append(file.Status).Append(' ').Append(file.Path).Append('\n');
        }

        var more = commit.FileCount - Math.Min(files, commit.Files.Count);
        return more > 0
            ? text.Append(CultureInfo.InvariantCulture, $"and {more:N0} more files").ToString()
            : text.ToString().TrimEnd('\n');
    }

    /// <summary>The first lines of a text that fit; within the first where it does not.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = text.LastIndexOf('\n', length);
        end = end > 0 ? end : length;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)].TrimEnd() + "\n[…]";
    }
}
