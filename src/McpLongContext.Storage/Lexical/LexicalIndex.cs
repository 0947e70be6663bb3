using System.Runtime.InteropServices;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Lexical;

/// <summary>A term of a question, as <see cref="TermAnalyzer"/> makes it, and its weight.</summary>
/// <param name="Term">The term.</param>
/// <param name="Weight">Multiplies its part of the score.</param>
public readonly record struct WeightedTerm(string Term, float Weight = 1);

/// <summary>How much an occurrence counts by where it stands.</summary>
/// <param name="Body">In the passage's text.</param>
/// <param name="Context">In what the passage stands under.</param>
/// <param name="Path">In the document's path.</param>
public readonly record struct ColumnWeights(float Body = 1, float Context = 1, float Path = 3)
{
    /// <summary>The measured default.</summary>
    public ColumnWeights()
        : this(1, 1, 3) { }
}

/// <summary>
/// Searches the words of one published generation by BM25 (Robertson and Zaragoza, 2009; k1 1.2, b 0.75) over FTS5's
/// postings. Terms are scored one by one and added up, so each can have its own weight.
/// </summary>
public sealed class LexicalIndex
{
    /// <summary>Terms in more than this share of the passages are left out when the question has rarer ones.</summary>
    private const double CommonShare = 0.2;

    /// <summary>Below this many occurrences a term costs nothing worth saving.</summary>
    private const long CommonMinimum = 1000;

    /// <summary>More ranges than this are filtered here instead of by a query each.</summary>
    internal const int MaxRangeQueries = 16;

    private readonly Database _database;
    private readonly DocumentTable _documents;
    private readonly TermVariants _variants;
    private readonly TermCounts _counts;
    private readonly long _passages;

    internal LexicalIndex(Database database, DocumentTable documents, TermCounts counts)
    {
        _database = database;
        _documents = documents;
        _counts = counts;
        _variants = new TermVariants(database, counts);
        _passages = documents.PassageCount;
    }

    /// <summary>The number of passages that contain <paramref name="term"/> in any column.</summary>
    public long DocumentFrequency(string term) => _counts.OfTerm(term, CountTerm);

    private long CountTerm(string term)
    {
        using var row = _database.Prepare("SELECT doc FROM lexical_terms WHERE term = ?1").Bind(1, term);
        return row.Step() ? row.Int64(0) : 0;
    }

    /// <summary>The inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) over all passages.</summary>
    public double InverseDocumentFrequency(string term) => Idf(DocumentFrequency(term));

    /// <summary>
    /// The best passages for the terms, best first, equal ones by id. Passages without any term are left out.
    /// </summary>
    /// <param name="terms">Distinct terms.</param>
    /// <param name="scope">The passages to search.</param>
    /// <param name="limit">How many to return; <see cref="int.MaxValue"/> returns every match.</param>
    /// <param name="columns">How much an occurrence counts by where it stands.</param>
    /// <param name="cancellation">Stops the search between terms.</param>
    public IReadOnlyList<ScoredPassage> Search(
        IEnumerable<WeightedTerm> terms,
        PassageScope scope,
        int limit,
        ColumnWeights columns,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var scores = new Dictionary<long, float>();
        foreach (var term in Selective(terms))
        {
            cancellation.ThrowIfCancellationRequested();
            var scale = term.Weight * (float)(Idf(term.Frequency) / Fts5Idf(term.Frequency));
            AddTerm(term.Expression, scale, scope, columns, scores);
        }

        var ranked = scores
            .Where(pair => IsWhole(pair.Key))
            .Select(pair => new ScoredPassage(pair.Key, pair.Value))
            .ToArray();
        Array.Sort(ranked, BestFirst);
        return ranked.Length <= limit ? ranked : ranked[..limit];
    }

    /// <summary>Whether the passage's document can be cited: the index still has those of damaged entries.</summary>
    internal bool IsWhole(long passage) => _documents.Damaged.Count == 0 || _documents.TryFindByPassage(passage, out _);

    internal static int BestFirst(ScoredPassage left, ScoredPassage right)
    {
        var byScore = right.Score.CompareTo(left.Score);
        return byScore != 0 ? byScore : left.Passage.CompareTo(right.Passage);
    }

    /// <summary>The terms that occur, rarest first, without the common ones when there are rarer ones.</summary>
    internal List<TermQuery> Selective(IEnumerable<WeightedTerm> terms) =>
        Selective(terms.SelectMany(term => _variants.Of(term, DocumentFrequency(term.Term), _passages)), _passages);

    /// <inheritdoc cref="Selective(IEnumerable{WeightedTerm})"/>
    /// <param name="terms">The terms and their variants that occur.</param>
    /// <param name="passages">The number of all passages.</param>
    internal static List<TermQuery> Selective(IEnumerable<TermQuery> terms, long passages)
    {
        var present = terms.OrderBy(term => term.Frequency).ToList();
        var common = Math.Max(CommonMinimum, CommonShare * passages);
        var rare = present.Count(term => term.Frequency <= common);
        return rare > 0 ? present[..rare] : present;
    }

    /// <summary>The hashes in the index that a part of one stands for, or the other way round.</summary>
    internal IReadOnlyList<string> HashesOf(string term) => _variants.HashesOf(term);

    private void AddTerm(
        string expression,
        float scale,
        PassageScope scope,
        ColumnWeights columns,
        Dictionary<long, float> scores
    )
    {
        var byRange = scope.Ranges.Count <= MaxRangeQueries;
        foreach (var range in byRange ? scope.Ranges : PassageScope.All.Ranges)
        {
            using var rows = _database
                .Prepare(
                    "SELECT rowid, bm25(lexical, ?4, ?5, ?6) FROM lexical "
                        + "WHERE lexical MATCH ?1 AND rowid BETWEEN ?2 AND ?3"
                )
                .Bind(1, expression)
                .Bind(2, range.First)
                .Bind(3, range.Last)
                .Bind(4, columns.Body)
                .Bind(5, columns.Context)
                .Bind(6, columns.Path);
            while (rows.Step())
            {
                var passage = rows.Int64(0);
                if (byRange || scope.Contains(passage))
                {
                    // FTS5 returns the score negated.
                    CollectionsMarshal.GetValueRefOrAddDefault(scores, passage, out _) -= scale * (float)rows.Double(1);
                }
            }
        }
    }

    /// <summary>The term as a string of FTS5's query language.</summary>
    internal static string Quote(string term) => $"\"{term.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private double Idf(long frequency) => Idf(frequency, _passages);

    /// <summary>The inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)).</summary>
    internal static double Idf(long frequency, long passages) =>
        Math.Log(1 + ((passages - frequency + 0.5) / (frequency + 0.5)));

    /// <summary>
    /// The inverse document frequency in the score of FTS5: it lacks the 1 in the logarithm and is cut off just above
    /// zero, which silences terms that occur in half of the passages. Dividing by it restores the usual one.
    /// </summary>
    private double Fts5Idf(long frequency) => Fts5Idf(frequency, _passages);

    /// <inheritdoc cref="Fts5Idf(long)"/>
    internal static double Fts5Idf(long frequency, long passages)
    {
        var idf = Math.Log((passages - frequency + 0.5) / (frequency + 0.5));
        return idf > 0 ? idf : 1e-6;
    }
}
