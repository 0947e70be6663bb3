using System.Text.RegularExpressions;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// Reads the comment at the top of a file of code in any language, line by line, up to the first code.
/// </summary>
internal sealed partial class CommentScanner
{
    private static readonly (string Open, string Close)[] s_blocks =
    [
        ("/*", "*/"),
        ("<!--", "-->"),
        ("\"\"\"", "\"\"\""),
        ("'''", "'''"),
        ("(*", "*)"),
        ("{-", "-}"),
        ("--[[", "]]"),
        ("<#", "#>"),
        ("=begin", "=end"),
    ];

    private static readonly string[] s_lines =
    [
        "//",
        "#",
        "--",
        ";",
        "%",
        "dnl ",
        "REM ",
        "rem ",
        "@rem ",
        "!",
        "'",
        "*",
    ];

    /// <summary>Lines that stand in front of the first comment without being code.</summary>
    private static readonly string[] s_preambles = ["<?", "<!DOCTYPE", "<%@", "\"use ", "'use ", "@charset", "@echo"];

    /// <summary>Directives in comments to tools of the language.</summary>
    [GeneratedRegex(
        @"^(?:coding[:=]|[\w-]*lint\b|clang-format|prettier|noinspection|vim:|flake8|mypy|isort|type:|@ts-|frozen_string)",
        RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Directive();

    private string? _close;

    /// <summary>Reads a line; false when it is code.</summary>
    /// <param name="line">Without the white space around it.</param>
    /// <param name="said">The text of the comment; empty for a line between paragraphs.</param>
    public bool TryRead(ReadOnlySpan<char> line, out string said)
    {
        said = "";
        if (_close is { } close)
        {
            said = Plain(Until(line, close));
            return true;
        }

        if (line.StartsWith("#!"))
        {
            return true;
        }

        foreach (var preamble in s_preambles)
        {
            if (line.StartsWith(preamble, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var (open, end) in s_blocks)
        {
            if (line.StartsWith(open))
            {
                _close = end;
                said = Plain(Until(line[open.Length..], end));
                return true;
            }
        }

        foreach (var mark in s_lines)
        {
            if (line.StartsWith(mark))
            {
                said = Plain(line[mark.Length..]);
                return true;
            }
        }

        return line.IsEmpty;
    }

    /// <summary>A line of a block comment up to its end.</summary>
    private ReadOnlySpan<char> Until(ReadOnlySpan<char> line, string close)
    {
        var end = line.IndexOf(close);
        if (end < 0)
        {
            return line;
        }

        _close = null;
        return line[..end];
    }

    /// <summary>Without the rules and stars around a text.</summary>
    private static string Plain(ReadOnlySpan<char> text)
    {
        text = text.Trim().TrimStart("*/#-=!;%~+|").TrimEnd("*#=~+|/").Trim();
        return Directive().IsMatch(text) ? "" : text.ToString();
    }
}
