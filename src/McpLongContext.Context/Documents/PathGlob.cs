using System.Text;
using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;
using McpLongContext.Storage.Analysis;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Documents;

/// <summary>
/// A pattern over the paths that citations show, in the manner of .gitignore: <c>*</c> and <c>?</c> stay inside a
/// name, <c>**</c> crosses folders, <c>[a-z]</c> and <c>{cs,md}</c> are choices, a backslash takes a bracket or brace
/// after it as it is. Without a slash it matches a name at any depth, with one it begins at the top; a folder stands
/// for all that is beneath it.
/// </summary>
internal sealed class PathGlob
{
    private const int MaxLength = 1000;
    private const string Special = "[]{}";

    private readonly Regex _pattern;

    private PathGlob(Regex pattern) => _pattern = pattern;

    /// <summary>
    /// The documents whose path matches. Folders are named <c>[slug]</c> and <c>{{name}}</c>, too: a pattern that names
    /// documents as it is written means them, and is read as choices only where there are none. Where nothing matches,
    /// capitals and accents do not count: they are stored in several ways.
    /// </summary>
    /// <exception cref="ContextException">The pattern is empty, too long or not well-formed.</exception>
    public static IReadOnlyList<StoredDocument> Select(
        string glob,
        IReadOnlyList<StoredDocument> documents,
        DocumentPaths paths
    )
    {
        Require(glob);
        Func<string, string>[] forms = [path => path, TextForms.Fold];
        foreach (var form in forms)
        {
            foreach (var reading in PathPattern.ReadingsOf(glob, paths))
            {
                if (Find(reading, hasChoices: false, form) is { Count: > 0 } found)
                {
                    return found;
                }
            }

            var pattern = PathPattern.WithSlashes(glob.Trim());
            if (IsWellFormed(pattern) && Find(pattern, hasChoices: true, form) is { Count: > 0 } chosen)
            {
                return chosen;
            }
        }

        Parse(glob);
        return [];

        List<StoredDocument> Find(string pattern, bool hasChoices, Func<string, string> form)
        {
            var regex = Compile(form(pattern), hasChoices);
            var isAbsolute = Path.IsPathRooted(pattern);
            return
            [
                .. documents.Where(document =>
                    regex.IsMatch(form(paths.Show(document.Path)))
                    || (isAbsolute && regex.IsMatch(form(document.Path.Replace('\\', '/'))))
                ),
            ];
        }
    }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="ContextException">The pattern is empty, too long or not well-formed.</exception>
    public static PathGlob Parse(string glob)
    {
        Require(glob);
        try
        {
            return new PathGlob(Compile(PathPattern.WithSlashes(glob.Trim()), hasChoices: true));
        }
        catch (ArgumentException e)
        {
            throw new ContextException($"path_glob '{glob}' is no pattern: check its [] and {{}}.", e);
        }
    }

    /// <summary>Whether a path, with forward slashes, matches.</summary>
    public bool IsMatch(string path) => _pattern.IsMatch(path);

    private static bool IsWellFormed(string glob)
    {
        try
        {
            Compile(glob, hasChoices: true);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Require(string glob)
    {
        var length = glob.Trim().Length;
        if (length is 0 or > MaxLength)
        {
            throw new ContextException(
                $"path_glob has {length} characters; 1 to {MaxLength} are allowed, "
                    + "for example src/**/*.cs. Leave it out to search everything."
            );
        }
    }

    private static Regex Compile(string glob, bool hasChoices) =>
        new(
            Translate(glob, hasChoices),
            RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        );

    private static string Translate(string glob, bool hasChoices)
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
        Append(body.TrimStart('/'), hasChoices, regex);
        return regex.Append("(?:/.*)?$").ToString();
    }

    private static void Append(ReadOnlySpan<char> glob, bool hasChoices, StringBuilder regex)
    {
        var choices = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '\\' when hasChoices && i + 1 < glob.Length && Special.Contains(glob[i + 1]):
                    regex.Append(Regex.Escape(glob[++i].ToString()));
                    break;
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
                case '[' when hasChoices && glob[i..].IndexOf(']') is > 1 and var length:
                    AppendClass(glob.Slice(i + 1, length - 1), regex);
                    i += length;
                    break;
                case '{' when hasChoices:
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
