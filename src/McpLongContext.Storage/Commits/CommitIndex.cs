using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Commits;

/// <summary>Finds the commits of one published generation.</summary>
public sealed class CommitIndex
{
    /// <summary>More terms than this belong to no question about a change.</summary>
    private const int MaxTerms = 64;

    private const string Joined = "FROM commits c JOIN commit_sources s ON s.id = c.source_id ";

    /// <summary>
    /// A subject says in a few words what a body explains and its files repeat. Columns: subject, body, author, files.
    /// </summary>
    private const string Score = "bm25(commit_terms, 2.0, 1.0, 1.0, 0.5)";

    private readonly Database _database;

    internal CommitIndex(Database database) => _database = database;

    /// <summary>The number of commits; one that belongs to several sources counts once.</summary>
    public int Count => (int)(_database.Scalar("SELECT count(DISTINCT hash) FROM commits") ?? 0);

    /// <summary>The sources whose commits are stored, by path.</summary>
    public IReadOnlyList<CommitSource> Sources()
    {
        var sources = new List<CommitSource>();
        using var rows = _database.Prepare("SELECT path, root, head, complete FROM commit_sources ORDER BY path");
        while (rows.Step())
        {
            sources.Add(new CommitSource(rows.Text(0), rows.Text(1), rows.Text(2), rows.Int32(3) != 0));
        }

        return sources;
    }

    /// <summary>The hashes of the commits of a source.</summary>
    public IReadOnlySet<string> Hashes(string source)
    {
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        using var rows = _database
            .Prepare("SELECT hash FROM commits WHERE source_id = (SELECT id FROM commit_sources WHERE path = ?1)")
            .Bind(1, source);
        while (rows.Step())
        {
            hashes.Add(rows.Text(0));
        }

        return hashes;
    }

    /// <summary>
    /// The commits whose messages, authors or files have any of the terms, best first, equal ones newest first; one
    /// that belongs to several sources once. Damaged ones are left out.
    /// </summary>
    /// <param name="terms">Distinct terms, as <see cref="Analysis.TermAnalyzer"/> makes them.</param>
    /// <param name="limit">The most commits to return.</param>
    public IReadOnlyList<FoundCommit> Search(IReadOnlyList<string> terms, int limit)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
        {
            return [];
        }

        var expression = string.Join(" OR ", terms.Take(MaxTerms).Select(LexicalIndex.Quote));
        using var rows = _database
            .Prepare(
                $"SELECT {CommitRow.Columns}, c.checksum, s.root, -f.score FROM (SELECT rowid AS id, {Score} AS score "
                    + "FROM commit_terms WHERE commit_terms MATCH ?1 ORDER BY score LIMIT ?2) f "
                    + "JOIN commits c ON c.id = f.id JOIN commit_sources s ON s.id = c.source_id "
                    + "ORDER BY f.score, c.committed DESC, c.hash"
            )
            .Bind(1, expression)
            .Bind(2, limit);
        return Read(rows);
    }

    /// <summary>The newest commits, newest first.</summary>
    /// <param name="limit">The most commits to return.</param>
    public IReadOnlyList<FoundCommit> Newest(int limit)
    {
        using var rows = _database
            .Prepare(
                $"SELECT {CommitRow.Columns}, c.checksum, s.root, 0.0 {Joined}"
                    + "ORDER BY c.committed DESC, c.hash LIMIT ?1"
            )
            .Bind(1, limit);
        return Read(rows);
    }

    /// <summary>The commits whose hash begins so, newest first.</summary>
    /// <param name="prefix">Hexadecimal digits.</param>
    /// <param name="limit">The most commits to return.</param>
    public IReadOnlyList<FoundCommit> Find(string prefix, int limit)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var first = prefix.ToLowerInvariant();
        using var rows = _database
            .Prepare(
                $"SELECT {CommitRow.Columns}, c.checksum, s.root, 0.0 {Joined}"
                    + "WHERE c.hash >= ?1 AND c.hash < ?2 ORDER BY c.committed DESC, c.hash LIMIT ?3"
            )
            .Bind(1, first)
            .Bind(2, first + 'g')
            .Bind(3, limit);
        return Read(rows);
    }

    private static List<FoundCommit> Read(Statement rows)
    {
        var found = new List<FoundCommit>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Step())
        {
            if (CommitRow.Read(rows, 0) is { } commit && seen.Add(commit.Hash))
            {
                found.Add(new FoundCommit(commit, rows.Text(10), rows.Double(11)));
            }
        }

        return found;
    }
}
