using System.Runtime.InteropServices;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Lexical;

/// <summary>
/// The lexical index of a datastore as a shard of a collection. Its passages get the score that they would have in one
/// datastore with the whole collection, to the last bit.
/// </summary>
/// <remarks>
/// BM25 of a term is idf · f (k1 + 1) / (f + k1 (1 - b + b D / avgdl)), k1 1.2, b 0.75 (Robertson and Zaragoza, 2009).
/// FTS5 computes it by the statistics of the shard. The weighted number f of occurrences, which is whole, follows from
/// that score and the length D, and the score by the statistics of the collection from f.
/// </remarks>
public sealed class LexicalShard
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <summary>The row of FTS5's data with the number of rows and of the tokens of each column.</summary>
    private const string Averages = "SELECT block FROM lexical_data WHERE id = 1";

    private readonly Database _database;
    private readonly LexicalIndex _index;
    private readonly DocumentTable _documents;
    private readonly TermVariants _variants;
    private readonly Lazy<CollectionStatistics> _statistics;

    internal LexicalShard(Database database, LexicalIndex index, DocumentTable documents, TermCounts counts)
    {
        (_database, _index, _documents) = (database, index, documents);
        _variants = new TermVariants(database, counts);
        _statistics = new Lazy<CollectionStatistics>(ReadStatistics);
    }

    /// <summary>The statistics of the shard.</summary>
    public CollectionStatistics Statistics => _statistics.Value;

    /// <summary>The hashes that a term stands for, with the number of passages that have them.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> HashesOf(string term) =>
        [.. _variants.HashesOf(term).Select(hash => KeyValuePair.Create(hash, DocumentFrequency(hash)))];

    /// <summary>The number of passages that have a term in any column.</summary>
    public long DocumentFrequency(string term) => _index.DocumentFrequency(term);

    /// <summary>The number of passages that match an expression.</summary>
    public long Count(string expression) => _variants.Count(expression);

    /// <summary>
    /// The best passages for the terms, best first, equal ones by id. Passages without any term are left out.
    /// </summary>
    /// <param name="terms">Made by <see cref="CollectionTerms.Select"/>.</param>
    /// <param name="collection">The statistics of the collection.</param>
    /// <param name="scope">The passages to search.</param>
    /// <param name="limit">How many to return.</param>
    /// <param name="columns">How much an occurrence counts by where it stands: whole numbers.</param>
    /// <param name="cancellation">Stops the search between terms.</param>
    public IReadOnlyList<ScoredPassage> Search(
        IEnumerable<TermQuery> terms,
        CollectionStatistics collection,
        PassageScope scope,
        int limit,
        ColumnWeights columns,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(scope);
        var scores = new Dictionary<long, float>();
        foreach (var term in terms)
        {
            cancellation.ThrowIfCancellationRequested();
            AddTerm(term, collection, scope, columns, scores);
        }

        var ranked = scores
            .Where(pair => _index.IsWhole(pair.Key))
            .Select(pair => new ScoredPassage(pair.Key, pair.Value))
            .ToArray();
        Array.Sort(ranked, LexicalIndex.BestFirst);
        return ranked.Length <= limit ? ranked : ranked[..limit];
    }

    /// <summary>
    /// The best passages whose text has all terms, as FTS5 ranks them for <see cref="ExactSearch"/>; equal ones by id.
    /// </summary>
    /// <param name="terms">Expressions of terms in the text, with the passages of the collection that have them.</param>
    /// <param name="collection">The statistics of the collection.</param>
    /// <param name="scope">The passages to search.</param>
    /// <param name="limit">How many to return.</param>
    public IReadOnlyList<(long Passage, double Score)> RankAll(
        IReadOnlyList<(string Expression, long Frequency)> terms,
        CollectionStatistics collection,
        PassageScope scope,
        int limit
    )
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(scope);
        var scores = new Dictionary<long, (int Terms, double Score)>();
        foreach (var (expression, frequency) in terms)
        {
            Score(
                expression,
                frequency,
                collection,
                scope,
                new ColumnWeights(1, 1, 1),
                (passage, score) =>
                {
                    ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(scores, passage, out _);
                    sum = (sum.Terms + 1, sum.Score + score);
                }
            );
        }

        return
        [
            .. scores
                .Where(pair => pair.Value.Terms == terms.Count)
                .Select(pair => (pair.Key, pair.Value.Score))
                .OrderByDescending(pair => pair.Score)
                .ThenBy(pair => pair.Key)
                .Take(limit),
        ];
    }

    private void AddTerm(
        TermQuery term,
        CollectionStatistics collection,
        PassageScope scope,
        ColumnWeights columns,
        Dictionary<long, float> scores
    )
    {
        var scale =
            term.Weight
            * (float)(
                LexicalIndex.Idf(term.Frequency, collection.Passages)
                / LexicalIndex.Fts5Idf(term.Frequency, collection.Passages)
            );
        Score(
            term.Expression,
            term.Frequency,
            collection,
            scope,
            columns,
            (passage, score) =>
                CollectionsMarshal.GetValueRefOrAddDefault(scores, passage, out _) += scale * (float)score
        );
    }

    /// <summary>Scores the passages that match an expression as FTS5 would in the collection.</summary>
    private void Score(
        string expression,
        long collectionFrequency,
        CollectionStatistics collection,
        PassageScope scope,
        ColumnWeights columns,
        Action<long, double> add
    )
    {
        var (own, frequency) = (Statistics, Count(expression));
        if (frequency == 0)
        {
            return;
        }

        var ownIdf = LexicalIndex.Fts5Idf(frequency, own.Rows);
        var idf = LexicalIndex.Fts5Idf(collectionFrequency, collection.Rows);
        var byRange = scope.Ranges.Count <= LexicalIndex.MaxRangeQueries;
        foreach (var range in byRange ? scope.Ranges : PassageScope.All.Ranges)
        {
            using var rows = _database
                .Prepare(
                    "SELECT lexical.rowid, bm25(lexical, ?4, ?5, ?6), sizes.sz FROM lexical "
                        + "JOIN lexical_docsize sizes ON sizes.id = lexical.rowid "
                        + "WHERE lexical MATCH ?1 AND lexical.rowid BETWEEN ?2 AND ?3"
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
                if (!byRange && !scope.Contains(passage))
                {
                    continue;
                }

                // FTS5 returns the score negated.
                var (score, length) = (-rows.Double(1), (double)SumOf(rows.Bytes(2)));
                var k = K1 * (1 - B + (B * length / own.AverageLength));
                var occurrences = Math.Round(score * k / ((ownIdf * (K1 + 1)) - score));
                add(
                    passage,
                    idf
                        * (
                            occurrences
                            * (K1 + 1)
                            / (occurrences + (K1 * (1 - B + (B * length / collection.AverageLength))))
                        )
                );
            }
        }
    }

    private CollectionStatistics ReadStatistics()
    {
        using var row = _database.Prepare(Averages);
        if (!row.Step())
        {
            return new CollectionStatistics(_documents.PassageCount, 0, 0);
        }

        var block = row.Bytes(0);
        var rows = ReadNumber(ref block);
        return new CollectionStatistics(_documents.PassageCount, rows, SumOf(block));
    }

    private static long SumOf(ReadOnlySpan<byte> numbers)
    {
        var sum = 0L;
        while (!numbers.IsEmpty)
        {
            sum += ReadNumber(ref numbers);
        }

        return sum;
    }

    /// <summary>Reads a number of SQLite's variable length: seven bits a byte, the highest first.</summary>
    private static long ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        const int Longest = 9;
        var value = 0L;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i == Longest - 1)
            {
                value = (value << 8) | bytes[i];
                bytes = bytes[Longest..];
                return value;
            }

            value = (value << 7) | (bytes[i] & 0x7FL);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        bytes = [];
        return value;
    }
}
