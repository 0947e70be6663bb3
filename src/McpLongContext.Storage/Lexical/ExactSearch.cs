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
/// decides, as it is stored or as its reader sees it.
/// </summary>
public sealed class ExactSearch
{
    private const int MaxLiteralLength = 1000;

    /// <summary>Passages whose text is looked at for a literal; of more, the best by BM25.</summary>
    public const int MaxCandidates = 2000;

    /// <summary>Texts that are read before all cores look at them.</summary>
    private const int TextsAtOnce = 128;

    /// <summary>Terms of a literal by which passages are found, the rarest.</summary>
    public const int MaxTerms = 6;

    private readonly Database _database;
    private readonly LexicalIndex _index;

    /// <summary>The literals that were looked for: several signals of a question ask for the same ones.</summary>
    private readonly Dictionary<(string Literal, PassageScope Scope), (List<ExactMatch> Matches, int Looked)> _found =
    [];

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
    ) => Find(literal, scope, limit, out _, cancellation);

    /// <summary>
    /// The passages that contain <paramref name="literal"/> as whole words, those with the same capitals first, then
    /// those with more occurrences, then by id.
    /// </summary>
    /// <param name="literal">An identifier or phrase; longer than 1,000 characters is never found.</param>
    /// <param name="scope">The passages to search.</param>
    /// <param name="limit">How many to return.</param>
    /// <param name="candidates">How many passages were looked at.</param>
    /// <param name="cancellation">Stops the search.</param>
    public IReadOnlyList<ExactMatch> Find(
        string literal,
        PassageScope scope,
        int limit,
        out int candidates,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(literal);
        ArgumentNullException.ThrowIfNull(scope);
        candidates = 0;
        if (!IsFindable(literal))
        {
            return [];
        }

        if (!_found.TryGetValue((literal, scope), out var found))
        {
            var matches = Match(literal, Candidates(literal, scope), out var looked, cancellation);
            _found[(literal, scope)] = found = (matches, looked);
        }

        candidates = found.Looked;
        return found.Matches.Count <= limit ? found.Matches : found.Matches[..limit];
    }

    /// <summary>The passages of some that contain <paramref name="literal"/> as whole words, in the same order.</summary>
    public IReadOnlyList<ExactMatch> FindIn(
        IReadOnlyCollection<long> passages,
        string literal,
        int limit,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(passages);
        ArgumentNullException.ThrowIfNull(literal);
        return IsFindable(literal) ? [.. Match(literal, Texts(passages), out _, cancellation).Take(limit)] : [];
    }

    /// <summary>The terms by which the passages that may contain a literal are found.</summary>
    public static IReadOnlyList<string> TermsOf(string literal) => TermAnalyzer.Terms(literal, splitIdentifiers: false);

    /// <summary>The passages in which a literal is looked for, best first.</summary>
    internal IEnumerable<long> Ranked(string literal) =>
        Candidates(literal, PassageScope.All).Select(candidate => candidate.Passage);

    private static bool IsFindable(string literal) =>
        !string.IsNullOrWhiteSpace(literal) && literal.Length <= MaxLiteralLength;

    private List<ExactMatch> Match(
        string literal,
        IEnumerable<(long Passage, string Text)> candidates,
        out int count,
        CancellationToken cancellation
    )
    {
        using var wanted = new ThreadLocal<Literal>(() => new Literal(literal));
        var matches = new List<ExactMatch>();
        var looked = 0;
        foreach (var texts in candidates.Chunk(TextsAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            looked += texts.Length;
            var found = new ExactMatch[texts.Length];
            Parallel.For(
                0,
                texts.Length,
                new ParallelOptions { MaxDegreeOfParallelism = texts.Length < TextsAtOnce ? 1 : -1 },
                i =>
                {
                    var (passage, text) = texts[i];
                    if (_index.IsWhole(passage))
                    {
                        var count = wanted.Value!.CountIn(text, out var sameCase);
                        found[i] = new ExactMatch(passage, sameCase, count);
                    }
                }
            );
            matches.AddRange(found.Where(match => match.Count > 0));
        }

        count = looked;
        return matches
            .OrderByDescending(match => match.SameCase)
            .ThenByDescending(match => match.Count)
            .ThenBy(match => match.Passage)
            .ToList();
    }

    private IEnumerable<(long Passage, string Text)> Candidates(string literal, PassageScope scope)
    {
        var terms = TermsOf(literal);
        return terms.Count > 0 ? ByTerms(terms, scope) : ByScan(scope);
    }

    private IEnumerable<(long Passage, string Text)> Texts(IEnumerable<long> passages)
    {
        foreach (var passage in passages)
        {
            using var row = _database.Prepare("SELECT text FROM passages WHERE id = ?1").Bind(1, passage);
            if (row.Step())
            {
                yield return (passage, row.Text(0));
            }
        }
    }

    private IEnumerable<(long Passage, string Text)> ByTerms(IReadOnlyList<string> terms, PassageScope scope)
    {
        var rarest = terms.Select(Expression).OrderBy(term => term.Frequency).Take(MaxTerms).ToList();
        if (rarest[0].Frequency == 0)
        {
            yield break;
        }

        var query = $"body : ({string.Join(" AND ", rarest.Select(term => term.Expression))})";
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

    /// <summary>A term, or the hashes of which it is a part, and in how many passages it is.</summary>
    private (string Expression, long Frequency) Expression(string term)
    {
        var frequency = _index.DocumentFrequency(term);
        var hashes = frequency > 0 ? [] : _index.HashesOf(term);
        return hashes.Count == 0
            ? (LexicalIndex.Quote(term), frequency)
            : ($"({string.Join(" OR ", hashes.Select(LexicalIndex.Quote))})", hashes.Sum(_index.DocumentFrequency));
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
}
