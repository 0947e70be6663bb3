using System.Text.RegularExpressions;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Lexical;

/// <summary>A passage that contains a text literally.</summary>
/// <param name="Passage">The passage's id.</param>
/// <param name="SameCase">Whether an occurrence has the very capitals that were asked for.</param>
/// <param name="Count">The number of occurrences.</param>
public readonly record struct ExactMatch(long Passage, bool SameCase, int Count);

/// <summary>
/// Finds identifiers and quoted phrases literally: the index proposes passages that have all their terms, the text
/// decides. White space of any kind and length is equal, so that a phrase is found across a line break.
/// </summary>
public sealed partial class ExactSearch
{
    private const int MaxLiteralLength = 1000;
    private const int MaxCandidates = 2000;
    private const int MaxTerms = 6;

    private readonly Database _database;
    private readonly LexicalIndex _index;

    internal ExactSearch(Database database, LexicalIndex index)
    {
        _database = database;
        _index = index;
    }

    /// <summary>
    /// The passages that contain <paramref name="literal"/> as whole words, those with the same capitals first, then
    /// those with more occurrences, then by id.
    /// </summary>
    /// <param name="literal">An identifier or phrase; longer than 1,000 characters is never found.</param>
    /// <param name="scope">The passages to search.</param>
    /// <param name="limit">How many to return.</param>
    /// <param name="cancellation">Stops the search.</param>
    public IReadOnlyList<ExactMatch> Find(
        string literal,
        PassageScope scope,
        int limit,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(literal);
        ArgumentNullException.ThrowIfNull(scope);
        var words = literal.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || literal.Length > MaxLiteralLength)
        {
            return [];
        }

        var pattern = new Regex(
            string.Join(@"\s+", words.Select(Regex.Escape)),
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout
        );
        var wanted = string.Join(' ', words);
        var matches = new List<ExactMatch>();
        foreach (var (passage, text) in Candidates(literal, scope))
        {
            cancellation.ThrowIfCancellationRequested();
            if (_index.IsWhole(passage) && Match(passage, text, pattern, wanted) is { Count: > 0 } match)
            {
                matches.Add(match);
            }
        }

        return matches
            .OrderByDescending(match => match.SameCase)
            .ThenByDescending(match => match.Count)
            .ThenBy(match => match.Passage)
            .Take(limit)
            .ToList();
    }

    private static ExactMatch Match(long passage, string text, Regex pattern, string wanted)
    {
        var count = 0;
        var sameCase = false;
        foreach (var match in pattern.EnumerateMatches(text))
        {
            var end = match.Index + match.Length;
            if (IsInsideWord(text, match.Index) || IsInsideWord(text, end))
            {
                continue;
            }

            count++;
            sameCase =
                sameCase || wanted.Equals(WhiteSpace().Replace(text[match.Index..end], " "), StringComparison.Ordinal);
        }

        return new ExactMatch(passage, sameCase, count);
    }

    /// <summary>Whether a word goes on over the boundary before <paramref name="index"/>.</summary>
    private static bool IsInsideWord(string text, int index) =>
        index > 0
        && index < text.Length
        && Characters.IsInner(Characters.ClassOf(text[index - 1]))
        && Characters.IsInner(Characters.ClassOf(text[index]));

    private IEnumerable<(long Passage, string Text)> Candidates(string literal, PassageScope scope)
    {
        var terms = TermAnalyzer.Terms(literal, splitIdentifiers: false);
        return terms.Count > 0 ? ByTerms(terms, scope) : ByScan(scope);
    }

    private IEnumerable<(long Passage, string Text)> ByTerms(IReadOnlyList<string> terms, PassageScope scope)
    {
        List<(string Term, long Frequency)> rarest = terms
            .Select(term => (term, _index.DocumentFrequency(term)))
            .OrderBy(term => term.Item2)
            .Take(MaxTerms)
            .ToList();
        if (rarest[0].Frequency == 0)
        {
            yield break;
        }

        var query = $"body : ({string.Join(" AND ", rarest.Select(term => LexicalIndex.Quote(term.Term)))})";
        using var rows = _database
            .Prepare(
                "SELECT p.id, p.text FROM lexical l JOIN passages p ON p.id = l.rowid WHERE l.lexical MATCH ?1 "
                    + "ORDER BY l.rank"
            )
            .Bind(1, query);
        for (var taken = 0; taken < MaxCandidates && rows.Step(); )
        {
            if (scope.Contains(rows.Int64(0)))
            {
                taken++;
                yield return (rows.Int64(0), rows.Text(1));
            }
        }
    }

    /// <summary>A phrase of stop words or punctuation only has no terms: every text in scope is read.</summary>
    private IEnumerable<(long Passage, string Text)> ByScan(PassageScope scope)
    {
        foreach (var range in scope.Ranges)
        {
            using var rows = _database
                .Prepare("SELECT id, text FROM passages WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
                .Bind(1, range.First)
                .Bind(2, range.Last);
            while (rows.Step())
            {
                yield return (rows.Int64(0), rows.Text(1));
            }
        }
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: -1)]
    private static partial Regex WhiteSpace();
}
