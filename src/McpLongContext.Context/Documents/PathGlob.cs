using System.Text;
using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Documents;

/// <summary>
/// A pattern over the paths that citations show, in the manner of .gitignore: <c>*</c> and <c>?</c> stay inside a
/// name, <c>**</c> crosses folders, <c>[a-z]</c> and <c>{cs,md}</c> are choices. Without a slash it matches a name at
/// any depth, with one it begins at the top; a folder stands for all that is beneath it.
/// </summary>
internal sealed class PathGlob
{
    private const int MaxLength = 1000;

    private readonly Regex _pattern;

    private PathGlob(Regex pattern) => _pattern = pattern;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="ContextException">It is empty, too long or not well-formed.</exception>
    public static PathGlob Parse(string glob)
    {
        var trimmed = glob.Trim().Replace('\\', '/');
        if (trimmed.Length is 0 or > MaxLength)
        {
            throw new ContextException(
                $"path_glob has {trimmed.Length} characters; 1 to {MaxLength} are allowed, "
                    + "for example src/**/*.cs. Leave it out to search everything."
            );
        }

        try
        {
            return new PathGlob(
                new Regex(
                    Translate(trimmed),
                    RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
                    Regex.InfiniteMatchTimeout
                )
            );
        }
        catch (ArgumentException e)
        {
            throw new ContextException($"path_glob '{glob}' is no pattern: check its [] and {{}}.", e);
        }
    }

    /// <summary>Whether a path, with forward slashes, matches.</summary>
    public bool IsMatch(string path) => _pattern.IsMatch(path);

    private static string Translate(string glob)
    {
        var body = glob.StartsWith("./", StringComparison.Ordinal) ? glob[2..] : glob;
        body = body.TrimEnd('/');
        var isAnchored =
            body.AsSpan().TrimStart('/').Contains('/')
            || glob.StartsWith('/')
            || glob.StartsWith("./", StringComparison.Ordinal);
        var regex = new StringBuilder();

        // A path outside the working directory is shown absolutely: a relative pattern then begins at any folder.
        regex.Append(
            glob.StartsWith('/') ? "^/?"
            : isAnchored ? "^(?:/.*/|/)?"
            : "^(?:.*/)?"
        );
        Append(body.TrimStart('/'), regex);
        return regex.Append("(?:/.*)?$").ToString();
    }

    private static void Append(ReadOnlySpan<char> glob, StringBuilder regex)
    {
        var choices = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*' when glob[i..].StartsWith("**/"):
                    regex.Append("(?:.*/)?");
                    i += 2;
                    break;
                case '*' when glob[i..].StartsWith("**"):
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when glob[i..].IndexOf(']') is > 1 and var length:
                    AppendClass(glob.Slice(i + 1, length - 1), regex);
                    i += length;
                    break;
                case '{':
                    regex.Append("(?:");
                    choices++;
                    break;
                case '}' when choices > 0:
                    regex.Append(')');
                    choices--;
                    break;
                case ',' when choices > 0:
                    regex.Append('|');
                    break;
                default:
                    regex.Append(Regex.Escape(glob[i].ToString()));
                    break;
            }
        }
    }

    private static void AppendClass(ReadOnlySpan<char> set, StringBuilder regex)
    {
        var isNegated = set[0] is '!' or '^';
        var members = (isNegated ? set[1..] : set).ToString().Replace(@"\", @"\\").Replace("[", @"\[");
        regex.Append(isNegated ? "[^/" : "[").Append(members).Append(']');
    }
}
