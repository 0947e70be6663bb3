using McpLongContext.Context.Retrieval;
using McpLongContext.Dashboard.Text;

namespace McpLongContext.Dashboard.Proof;

/// <summary>
/// Plain text search, as an agent does it without an index: the files with most of the question's words, whole files
/// read one after the other.
/// </summary>
internal sealed class PlainSearch
{
    private const int ReadFiles = 10;
    private const int ShortestWord = 3;

    private readonly List<(ProofQuery Query, string[] Words, List<Hit> Hits)> _searches;

    /// <summary>Prepares the questions.</summary>
    public PlainSearch(IEnumerable<ProofQuery> queries) =>
        _searches = [.. queries.Select(query => (query, WordsOf(query.Text), new List<Hit>()))];

    /// <summary>Searches a document for all questions.</summary>
    public void Read(string path, string text)
    {
        var tokens = new Lazy<int>(() => TokenCounter.Count(text));
        foreach (var (_, words, hits) in _searches)
        {
            var found = words.Count(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
            if (found > 0)
            {
                hits.Add(new Hit(path, found, tokens.Value));
            }
        }
    }

    /// <summary>The rank of a question's document, 0 where it is not found, and the tokens read until then.</summary>
    /// <param name="query">The number of the question.</param>
    public (int Rank, int Tokens) RankOf(int query)
    {
        var (asked, _, hits) = _searches[query];
        var (rank, tokens) = (0, 0);
        foreach (var hit in hits.OrderByDescending(hit => hit.Found).ThenBy(hit => hit.Path, StringComparer.Ordinal))
        {
            tokens += ++rank <= ReadFiles ? hit.Tokens : 0;
            if (asked.Matches(hit.Path))
            {
                return (rank, tokens);
            }
        }

        return (0, tokens);
    }

    private static string[] WordsOf(string text) =>
        [.. Words.Of(text).Where(word => word.Length >= ShortestWord).Distinct(StringComparer.OrdinalIgnoreCase)];

    private readonly record struct Hit(string Path, int Found, int Tokens);
}
