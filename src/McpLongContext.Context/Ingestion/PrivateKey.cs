using System.Buffers;
using System.Text.RegularExpressions;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// Finds private keys in PEM or PGP armor, also indented, quoted, or on one line with escaped line breaks. An example
/// whose body is left out (<c>...</c>) is none.
/// </summary>
internal static class PrivateKey
{
    private const int MaxHeaderLines = 8;

    private static readonly SearchValues<char> s_base64 = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    );

    private static readonly Lazy<Regex> s_begin = new(() =>
        new Regex(
            "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
            RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        )
    );

    /// <summary>Whether a text holds a private key.</summary>
    public static bool IsIn(string text)
    {
        if (!text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var begin in s_begin.Value.EnumerateMatches(text))
        {
            if (BeginsBody(text.AsSpan(begin.Index + begin.Length)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether what follows the first line of the armor is the base64 of a key.</summary>
    private static bool BeginsBody(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < MaxHeaderLines; i++)
        {
            if (!TryTakeBreak(ref text))
            {
                return false;
            }

            // What quotes the key stands in front of every line.
            text = text.TrimStart(" \t>#*|\"'+");
            var length = text.IndexOfAnyExcept(s_base64);
            var body = length < 0 ? text : text[..length];
            var rest = text[body.Length..];
            if (IsHeader(body, rest) || (body.IsEmpty && IsBreak(rest)))
            {
                var end = rest.IndexOfAny('\n', '\\');
                text = end < 0 ? [] : rest[end..];
                continue;
            }

            return !body.IsEmpty
                && !IsPlaceholder(body)
                && rest.TrimStart(' ') is [] or ['\r' or '\n' or '\\' or '"', ..];
        }

        return false;
    }

    private static bool TryTakeBreak(ref ReadOnlySpan<char> text)
    {
        text = text.TrimStart(" \t\r");
        if (text is ['\n', ..])
        {
            text = text[1..];
            return true;
        }

        if (text is ['\\', 'n', ..] or ['\\', 'r', '\\', 'n', ..])
        {
            text = text[(text[1] == 'n' ? 2 : 4)..];
            return true;
        }

        return false;
    }

    private static bool IsBreak(ReadOnlySpan<char> text) => text is ['\r' or '\n', ..] or ['\\', 'n' or 'r', ..];

    /// <summary><c>Proc-Type: 4,ENCRYPTED</c>.</summary>
    private static bool IsHeader(ReadOnlySpan<char> body, ReadOnlySpan<char> rest)
    {
        var colon = rest.IndexOf(':');
        return !body.IsEmpty && colon >= 0 && colon < 20 && rest[..colon].IndexOfAny(" \n\\") < 0;
    }

    /// <summary><c>xxxx</c> stands for a body.</summary>
    private static bool IsPlaceholder(ReadOnlySpan<char> body) => body.Length >= 3 && !body.ContainsAnyExcept(body[0]);
}
