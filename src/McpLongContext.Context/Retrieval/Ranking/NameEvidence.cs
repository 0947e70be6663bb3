using McpLongContext.Storage.Symbols;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>The evidence for a question in the name of a file and its folders.</summary>
internal sealed class NameEvidence(Question question)
{
    /// <summary>Shorter words begin too many others.</summary>
    private const int MinWord = 3;

    /// <summary>The fewest letters of a word that still say which one it was.</summary>
    private const int MinRoot = 4;

    private readonly string[] _words =
    [
        .. question
            .ContentWords.SelectMany(NameParts.Of)
            .Where(word => word.Length >= MinWord)
            .Distinct(StringComparer.Ordinal),
    ];

    private readonly HashSet<string> _symbols = [.. question.ContentWords.Select(word => SymbolKey.Of(word))];

    /// <summary>The gain of a file's score from its name.</summary>
    public double GainOf(StoredDocument document)
    {
        var path = document.Path.Replace('\\', '/');
        var folderEnd = path.LastIndexOf('/') + 1;
        var stem = Stem(path[folderEnd..]);
        return question.Kind switch
        {
            QueryKind.Symbol => _symbols.Contains(SymbolKey.Of(stem)) ? RankingWeights.FileOfSymbol : 0,
            QueryKind.Path => question.Literals.Any(literal => IsNamed(path, literal)) ? RankingWeights.Path : 0,
            QueryKind.Quoted or QueryKind.Description or QueryKind.ErrorMessage => 0,
            _ => (RankingWeights.FileName * ShareIn(stem)) + (RankingWeights.Folders * ShareIn(path[..folderEnd])),
        };
    }

    /// <summary>The share of the question's words that begin a word of a name, or that one begins.</summary>
    private double ShareIn(string name)
    {
        if (_words.Length == 0)
        {
            return 0;
        }

        var parts = NameParts.Of(name).Where(part => part.Length >= MinWord).ToList();
        return _words.Count(word => parts.Exists(part => IsPrefix(word, Root(part)) || IsPrefix(part, Root(word))))
            / (double)_words.Length;
    }

    /// <summary>A word without its plural and its last e: <c>certs</c> begins certificate, <c>cache</c> caching.</summary>
    private static string Root(string word)
    {
        var root = word.Length > MinRoot && word[^1] == 's' && word[^2] != 's' ? word[..^1] : word;
        return root.Length > MinRoot && root[^1] == 'e' ? root[..^1] : root;
    }

    private static bool IsPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal);

    private static bool IsNamed(string path, string literal)
    {
        var wanted = literal.Replace('\\', '/').TrimStart('.', '/');
        return path.EndsWith(wanted, StringComparison.OrdinalIgnoreCase)
            && (path.Length == wanted.Length || path[^(wanted.Length + 1)] == '/');
    }

    private static string Stem(string file)
    {
        var dot = file.LastIndexOf('.');
        return dot > 0 ? file[..dot] : file;
    }
}
