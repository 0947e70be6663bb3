using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Lexical;

/// <summary>
/// Maintains the FTS5 index. The index keeps no text (the passages have it), so an entry is removed by presenting its
/// terms once more; that is why the analyzer's version is recorded with the index, and the path of passages that are
/// another document's by now.
/// </summary>
internal sealed class LexicalWriter(Database database)
{
    private readonly TermBuffer _body = new(keepsDiacritics: true);
    private readonly TermBuffer _context = new(keepsDiacritics: true);
    private readonly TermBuffer _path = new(keepsDiacritics: true);

    private const string Paths = """
        CREATE TABLE IF NOT EXISTS lexical_paths(first_passage INTEGER PRIMARY KEY, path TEXT NOT NULL)
        """;

    /// <summary>Adds the table of paths to a datastore that was made before it existed.</summary>
    public static void Create(Database database)
    {
        const string IsThere = "SELECT count(*) FROM sqlite_master WHERE name = 'lexical_paths'";
        if (database.Scalar(IsThere) == 0)
        {
            database.Write(() => database.Execute(Paths));
        }
    }

    /// <summary>
    /// Records the path by which the passages of a document are indexed before another document takes them over.
    /// </summary>
    public void KeepPath(long firstPassage, string path) =>
        database
            .Prepare("INSERT OR IGNORE INTO lexical_paths VALUES (?1, ?2)")
            .Bind(1, firstPassage)
            .Bind(2, path)
            .Run();

    /// <summary>The passages from an id on are removed next; they are indexed by the path of their document or of an
    /// earlier one.</summary>
    public void BeginRemoval(long firstPassage, string path)
    {
        using (
            var row = database.Prepare("SELECT path FROM lexical_paths WHERE first_passage = ?1").Bind(1, firstPassage)
        )
        {
            BeginDocument(row.Step() ? row.Text(0) : path);
        }

        database.Prepare("DELETE FROM lexical_paths WHERE first_passage = ?1").Bind(1, firstPassage).Run();
    }

    /// <summary>The passages that follow belong to the document with this path.</summary>
    public void BeginDocument(string path)
    {
        _path.Clear();
        TermAnalyzer.Append(path, _path);
    }

    /// <summary>Adds a passage by the terms of its text and of what it stands under.</summary>
    public void Add(long passage, ReadOnlySpan<byte> body, ReadOnlySpan<byte> context) =>
        Run("INSERT INTO lexical(rowid, body, context, path) VALUES (?1, ?2, ?3, ?4)", passage, body, context);

    public void Remove(long passage, string text, string context)
    {
        Analyze(text, context);
        Run(
            "INSERT INTO lexical(lexical, rowid, body, context, path) VALUES ('delete', ?1, ?2, ?3, ?4)",
            passage,
            _body.Utf8,
            _context.Utf8
        );
    }

    /// <summary>Builds the index anew from the stored texts when another analyzer's version made it.</summary>
    public static void Refresh(Database database)
    {
        if (database.Scalar("SELECT value FROM counters WHERE key = 'analyzer'") == TermAnalyzer.Version)
        {
            return;
        }

        database.Write(() =>
        {
            Rebuild(database);
            database
                .Prepare("UPDATE counters SET value = ?1 WHERE key = 'analyzer'")
                .Bind(1, TermAnalyzer.Version)
                .Run();
        });
    }

    /// <summary>Builds the index anew from the stored texts.</summary>
    public static void Rebuild(Database database)
    {
        database.Execute("INSERT INTO lexical(lexical) VALUES ('delete-all')");
        database.Execute("DELETE FROM lexical_paths");
        var writer = new LexicalWriter(database);
        long document = -1;
        using var rows = database.Prepare(
            "SELECT p.id, p.text, p.context, d.id, d.path FROM passages p JOIN documents d ON d.id = p.document_id "
                + "ORDER BY p.id"
        );
        while (rows.Step())
        {
            if (rows.Int64(3) != document)
            {
                document = rows.Int64(3);
                writer.BeginDocument(rows.Text(4));
            }

            writer.Analyze(rows.Text(1), rows.Text(2));
            writer.Add(rows.Int64(0), writer._body.Utf8, writer._context.Utf8);
        }
    }

    private void Run(string sql, long passage, ReadOnlySpan<byte> body, ReadOnlySpan<byte> context) =>
        database.Prepare(sql).Bind(1, passage).BindUtf8(2, body).BindUtf8(3, context).BindUtf8(4, _path.Utf8).Run();

    private void Analyze(string text, string context)
    {
        _body.Clear();
        TermAnalyzer.Append(text, _body);
        _context.Clear();
        TermAnalyzer.Append(context, _context);
    }
}
