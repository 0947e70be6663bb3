using System.Buffers;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Lexical;

/// <summary>
/// The other forms in which the index may have a rare term of a question: a hash that it begins, or the parts of an
/// identifier that are written as one word (<c>websocket</c> for <c>WebSocketHub</c>).
/// </summary>
internal sealed class TermVariants(Database database, TermCounts counts)
{
    private const int MinHashPart = 6;
    private const int MinHash = 16;
    private const int MaxHashes = 8;
    private const int MinPiece = 2;
    private const int MinCompound = 5;
    private const int MaxCompound = 30;

    /// <summary>A term in fewer than one of so many passages is rare.</summary>
    private const long RareShare = 50;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The term itself where the index has it, and its variants where it is rare.</summary>
    /// <param name="term">A term of a question.</param>
    /// <param name="frequency">The number of passages that have it.</param>
    /// <param name="passages">The number of all passages.</param>
    public IEnumerable<TermQuery> Of(WeightedTerm term, long frequency, long passages) =>
        Of(term, frequency, passages, HashesOf, Count);

    /// <summary>The term itself where the index has it, and its variants where it is rare.</summary>
    /// <param name="term">A term of a question.</param>
    /// <param name="frequency">The number of passages that have it.</param>
    /// <param name="passages">The number of all passages.</param>
    /// <param name="hashesOf">The hashes that a term of no passage stands for.</param>
    /// <param name="count">The number of passages that match an expression.</param>
    public static IEnumerable<TermQuery> Of(
        WeightedTerm term,
        long frequency,
        long passages,
        Func<string, IReadOnlyList<string>> hashesOf,
        Func<string, long> count
    )
    {
        if (frequency > 0)
        {
            yield return new TermQuery(LexicalIndex.Quote(term.Term), term.Weight, frequency);
        }
        else
        {
            foreach (var hash in hashesOf(term.Term))
            {
                var expression = LexicalIndex.Quote(hash);
                yield return new TermQuery(expression, term.Weight, count(expression));
            }
        }

        if (frequency * RareShare > passages)
        {
            yield break;
        }

        foreach (var expression in Compounds(term.Term))
        {
            if (count(expression) is > 0 and var found)
            {
                yield return new TermQuery(expression, term.Weight, found);
            }
        }
    }

    /// <summary>
    /// The hashes in the index that begin with <paramref name="term"/>, or the part of a hash that begins the term.
    /// </summary>
    public IReadOnlyList<string> HashesOf(string term)
    {
        if (term.Length < MinHashPart || term.AsSpan().ContainsAnyExcept(s_hexDigits))
        {
            return [];
        }

        return term.Length < MinHash || !HasTerm(term) ? [.. Beginning(term), .. PartsOf(term)] : [];
    }

    /// <summary>The hashes of a term in a collection, from those in its shards.</summary>
    /// <param name="term">The term, in no passage of the collection.</param>
    /// <param name="found">The hashes of the shards.</param>
    public static IReadOnlyList<string> Merge(string term, IEnumerable<string> found)
    {
        var hashes = found.Distinct(StringComparer.Ordinal).ToLookup(hash => hash.Length > term.Length);
        return
        [
            .. hashes[true].Order(StringComparer.Ordinal).Take(MaxHashes),
            .. hashes[false].OrderBy(hash => hash.Length),
        ];
    }

    private List<string> Beginning(string part)
    {
        var hashes = new List<string>();
        using var rows = database
            .Prepare("SELECT term FROM lexical_terms WHERE term >= ?1 AND term < ?2")
            .Bind(1, part)
            .Bind(2, part + 'g');
        while (hashes.Count < MaxHashes && rows.Step())
        {
            if (TermAnalyzer.IsHash(rows.Text(0)))
            {
                hashes.Add(rows.Text(0));
            }
        }

        return hashes;
    }

    private IEnumerable<string> PartsOf(string term) =>
        term.Length < MinHash
            ? []
            : Enumerable
                .Range(MinHashPart + 1, MinHash - MinHashPart - 1)
                .Select(length => term[..length])
                .Where(HasTerm);

    private bool HasTerm(string term)
    {
        using var row = database.Prepare("SELECT 1 FROM lexical_terms WHERE term = ?1").Bind(1, term);
        return row.Step();
    }

    /// <summary>Every division of a word into two, as a phrase of the terms of its pieces.</summary>
    private static IEnumerable<string> Compounds(string term)
    {
        if (term.Length is < MinCompound or > MaxCompound || !term.All(char.IsAsciiLetterLower))
        {
            yield break;
        }

        for (var first = MinPiece; first <= term.Length - MinPiece; first++)
        {
            var left = Stemmed(term[..first]);
            var right = Stemmed(term[first..]);
            yield return $"\"{left} {right}\"";

            // The plural of a short piece is its own term, but no plural of a long word.
            if (right.Length <= MinPiece + 1)
            {
                yield return $"\"{left} {right}s\"";
            }
        }
    }

    private static string Stemmed(string piece)
    {
        var letters = piece.ToCharArray();
        return new string(letters, 0, Stemmer.Stem(letters));
    }

    /// <summary>The number of passages that match an expression.</summary>
    public long Count(string expression) => counts.OfExpression(expression, CountMatches);

    private long CountMatches(string expression)
    {
        using var row = database.Prepare("SELECT count(*) FROM lexical WHERE lexical MATCH ?1").Bind(1, expression);
        return row.Step() ? row.Int64(0) : 0;
    }
}
