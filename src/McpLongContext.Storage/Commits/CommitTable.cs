using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Commits;

/// <summary>
/// The tables of the commits of sources in Git trees, with a lexical index of their own: the statistics of the
/// documents' index do not know of them.
/// </summary>
internal static class CommitTable
{
    private const string AnalyzerVersion = "SELECT value FROM counters WHERE key = 'commit_analyzer'";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS commit_sources(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          path TEXT NOT NULL UNIQUE,
          root TEXT NOT NULL,
          head TEXT NOT NULL,
          complete INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS commits(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          source_id INTEGER NOT NULL,
          hash TEXT NOT NULL,
          date INTEGER NOT NULL,
          zone INTEGER NOT NULL,
          committed INTEGER NOT NULL,
          author TEXT NOT NULL,
          subject TEXT NOT NULL,
          body TEXT NOT NULL,
          files BLOB NOT NULL,
          file_count INTEGER NOT NULL,
          checksum INTEGER NOT NULL,
          UNIQUE(hash, source_id));
        CREATE VIRTUAL TABLE IF NOT EXISTS commit_terms USING fts5(
          subject, body, author, files, content='', contentless_delete=1, tokenize="ascii tokenchars '.'");
        INSERT OR IGNORE INTO counters VALUES ('commit_analyzer', 0);
        """;

    /// <summary>Adds the tables to a datastore that was made before they existed, and keeps their index current.</summary>
    public static void Create(Database database)
    {
        if (database.Scalar(AnalyzerVersion) == TermAnalyzer.Version)
        {
            return;
        }

        database.Write(() =>
        {
            database.Execute(Tables);
            Rebuild(database);
        });
    }

    /// <summary>Makes a change inside the caller's transaction.</summary>
    public static void Apply(Database database, CommitChange change)
    {
        database
            .Prepare(
                "INSERT INTO commit_sources(path, root, head, complete) VALUES (?1, ?2, ?3, ?4) "
                    + "ON CONFLICT(path) DO UPDATE SET root = ?2, head = ?3, complete = ?4"
            )
            .Bind(1, change.Source.Path)
            .Bind(2, change.Source.Root)
            .Bind(3, change.Source.Head)
            .Bind(4, change.Source.IsComplete ? 1L : 0)
            .Run();
        var source = IdOf(database, change.Source.Path);
        foreach (var hash in change.Remove)
        {
            Remove(database, "hash = ?1 AND source_id = ?2", rows => rows.Bind(1, hash).Bind(2, source));
        }

        var index = new CommitTerms(database);
        foreach (var commit in change.Add.Where(commit => !IsStored(database, source, commit.Hash)))
        {
            var row = database
                .Prepare("INSERT INTO commits VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
                .Bind(1, source);
            CommitRow.Bind(row, 2, commit);
            row.Run();
            index.Add(database.LastInsertId, commit);
        }
    }

    /// <summary>Forgets the commits of a source inside the caller's transaction.</summary>
    public static void RemoveSource(Database database, string path)
    {
        Remove(database, "source_id = (SELECT id FROM commit_sources WHERE path = ?1)", rows => rows.Bind(1, path));
        database.Prepare("DELETE FROM commit_sources WHERE path = ?1").Bind(1, path).Run();
    }

    /// <summary>The ids of damaged rows.</summary>
    public static List<long> Damaged(Database database)
    {
        var damaged = new List<long>();
        using var rows = database.Prepare($"SELECT {CommitRow.Columns}, c.checksum, c.id FROM commits c ORDER BY c.id");
        while (rows.Step())
        {
            if (CommitRow.Read(rows, 0) is null)
            {
                damaged.Add(rows.Int64(10));
            }
        }

        return damaged;
    }

    /// <summary>Drops a damaged row; the next ingest of its source reads the commit again.</summary>
    public static void Drop(Database database, long id)
    {
        database
            .Prepare("UPDATE commit_sources SET complete = 0 WHERE id = (SELECT source_id FROM commits WHERE id = ?1)")
            .Bind(1, id)
            .Run();
        database.Prepare("DELETE FROM commits WHERE id = ?1").Bind(1, id).Run();
    }

    /// <summary>Builds the index anew from the stored commits.</summary>
    public static void Rebuild(Database database)
    {
        database.Execute("INSERT INTO commit_terms(commit_terms) VALUES ('delete-all')");
        var index = new CommitTerms(database);
        using (
            var rows = database.Prepare($"SELECT {CommitRow.Columns}, c.checksum, c.id FROM commits c ORDER BY c.id")
        )
        {
            while (rows.Step())
            {
                if (CommitRow.Read(rows, 0) is { } commit)
                {
                    index.Add(rows.Int64(10), commit);
                }
            }
        }

        database
            .Prepare("UPDATE counters SET value = ?1 WHERE key = 'commit_analyzer'")
            .Bind(1, TermAnalyzer.Version)
            .Run();
    }

    private static long IdOf(Database database, string path)
    {
        using var row = database.Prepare("SELECT id FROM commit_sources WHERE path = ?1").Bind(1, path);
        row.Step();
        return row.Int64(0);
    }

    private static bool IsStored(Database database, long source, string hash)
    {
        using var row = database
            .Prepare("SELECT 1 FROM commits WHERE hash = ?1 AND source_id = ?2")
            .Bind(1, hash)
            .Bind(2, source);
        return row.Step();
    }

    private static void Remove(Database database, string condition, Func<Statement, Statement> bind)
    {
        bind(database.Prepare($"DELETE FROM commit_terms WHERE rowid IN (SELECT id FROM commits WHERE {condition})"))
            .Run();
        bind(database.Prepare($"DELETE FROM commits WHERE {condition}")).Run();
    }
}
