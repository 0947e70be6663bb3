using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Globs;
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
    private const string AnyFolder = "**/";
    private const string Beneath = "/**";

    private readonly string[] _ofRelative;

    /// <summary>The patterns for a path outside the working directory, which is shown absolutely.</summary>
    private readonly string[] _ofAbsolute;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">The pattern is not well-formed.</exception>
    private PathGlob(string glob, bool hasChoices)
    {
        var isHere = glob.StartsWith("./", StringComparison.Ordinal);
        var isFromRoot = glob.StartsWith('/');
        var body = (isHere ? glob[2..] : glob).Trim('/');
        var isAnchored = isHere || isFromRoot || body.Contains('/');
        body = body.Length == 0 ? "**" : body;
        string[] choices =
        [
            .. (hasChoices ? BraceChoices.Expand(body) : [body])
                .Select(choice => Translate(choice, hasChoices))
                .SelectMany(choice => new[] { choice, choice + Beneath }),
        ];
        string[] inAnyFolder = [.. choices.Select(choice => AnyFolder + choice)];
        _ofRelative = isAnchored ? choices : inAnyFolder;

        // A relative pattern begins at any folder there.
        _ofAbsolute = isFromRoot ? choices : inAnyFolder;
    }

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
    ) => Select(glob, documents, static document => document.Path, paths);

    /// <summary>The items whose path matches.</summary>
    /// <inheritdoc cref="Select(string, IReadOnlyList{StoredDocument}, DocumentPaths)"/>
    public static IReadOnlyList<T> Select<T>(
        string glob,
        IReadOnlyList<T> items,
        Func<T, string> pathOf,
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
            if (IsWellFormed(form(pattern)) && Find(pattern, hasChoices: true, form) is { Count: > 0 } chosen)
            {
                return chosen;
            }
        }

        Parse(glob);
        return [];

        List<T> Find(string pattern, bool hasChoices, Func<string, string> form)
        {
            var compiled = new PathGlob(form(pattern), hasChoices);
            var isAbsolute = Path.IsPathRooted(pattern);
            return
            [
                .. items.Where(item =>
                    compiled.IsMatch(form(paths.Show(pathOf(item))))
                    || (isAbsolute && compiled.IsMatch(form(pathOf(item).Replace('\\', '/'))))
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
            return new PathGlob(PathPattern.WithSlashes(glob.Trim()), hasChoices: true);
        }
        catch (FormatException e)
        {
            throw new ContextException($"path_glob '{glob}' is no pattern: {e.Message}. Check its [] and {{}}.", e);
        }
    }

    /// <summary>Whether a path, with forward slashes, matches.</summary>
    public bool IsMatch(string path)
    {
        var isAbsolute = path.StartsWith('/');
        foreach (var pattern in isAbsolute ? _ofAbsolute : _ofRelative)
        {
            if (GlobMatcher<char>.IsMatch(pattern, isAbsolute ? path.AsSpan(1) : path, GlobSyntax.Path))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWellFormed(string glob)
    {
        try
        {
            _ = new PathGlob(glob, hasChoices: true);
            return true;
        }
        catch (FormatException)
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

    /// <summary>The matcher's pattern, in which brackets without a class and other backslashes are literal.</summary>
    private static string Translate(string glob, bool hasChoices)
    {
        var pattern = new StringBuilder();
        for (var i = 0; i < glob.Length; i++)
        {
            var classLength = hasChoices ? BraceChoices.ClassLength(glob.AsSpan(i)) : 0;
            if (classLength > 0)
            {
                AppendClass(glob.AsSpan(i + 1, classLength - 2), pattern);
                i += classLength - 1;
            }
            else if (hasChoices && glob[i] == '\\' && i + 1 < glob.Length && BraceChoices.Special.Contains(glob[i + 1]))
            {
                pattern.Append('\\').Append(glob[++i]);
            }
            else
            {
                pattern.Append(glob[i] is '[' or '\\' ? $"\\{glob[i]}" : $"{glob[i]}");
            }
        }

        return pattern.ToString();
    }

    private static void AppendClass(ReadOnlySpan<char> set, StringBuilder pattern)
    {
        var isNegated = set[0] is '!' or '^';
        var members = isNegated ? set[1..] : set;
        if (members.IsEmpty)
        {
            pattern.Append('?');
            return;
        }

        RequireAscending(members);
        pattern.Append(isNegated ? "[!" : "[");
        foreach (var member in members)
        {
            pattern.Append(member is '[' or '\\' ? $"\\{member}" : $"{member}");
        }

        pattern.Append(']');
    }

    private static void RequireAscending(ReadOnlySpan<char> members)
    {
        for (var i = 1; i + 1 < members.Length; i++)
        {
            if (members[i] == '-')
            {
                if (members[i - 1] > members[i + 1])
                {
                    throw new FormatException($"the range {members[(i - 1)..(i + 2)]} is backward");
                }

                i += 2;
            }
        }
    }
}
