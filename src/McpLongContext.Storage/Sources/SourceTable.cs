using System.Text.Json;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Sources;

/// <summary>The tables of the ingested sources and of the files in them, as they were on disk when they were read.</summary>
internal static class SourceTable
{
    private const string Version = "SELECT value FROM counters WHERE key = 'sources'";
    private const string HasRoots = "SELECT count(*) FROM pragma_table_info('sources') WHERE name = 'roots'";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS sources(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          path TEXT NOT NULL UNIQUE,
          complete INTEGER NOT NULL,
          watched INTEGER NOT NULL,
          roots TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS source_files(
          source_id INTEGER NOT NULL,
          path TEXT NOT NULL,
          role INTEGER NOT NULL,
          size INTEGER NOT NULL,
          modified INTEGER NOT NULL,
          identity INTEGER NOT NULL,
          PRIMARY KEY (source_id, path)) WITHOUT ROWID;
        INSERT OR IGNORE INTO counters VALUES ('sources', 0);
        """;

    /// <summary>Adds the tables, or a column of theirs, to a datastore that was made before they existed.</summary>
    public static void Create(Database database)
    {
        if (database.Scalar(Version) is null)
        {
            database.Write(() => database.Execute(Tables));
        }

        if (database.Scalar(HasRoots) == 1)
        {
            return;
        }

        database.Write(() =>
        {
            // Another process may have been first.
            if (database.Scalar(HasRoots) == 0)
            {
                database.Execute("ALTER TABLE sources ADD COLUMN roots TEXT NOT NULL DEFAULT '[]'");
            }
        });
    }

    /// <summary>Counts the changes of the tables.</summary>
    public static long VersionOf(Database database) => database.Scalar(Version) ?? 0;

    /// <summary>The sources, by path.</summary>
    public static List<StoredSource> Sources(Database database)
    {
        var sources = new List<StoredSource>();
        using var rows = database.Prepare("SELECT path, complete, watched, roots FROM sources ORDER BY path");
        while (rows.Step())
        {
            sources.Add(
                new StoredSource(rows.Text(0), rows.Int32(1) != 0, rows.Int32(2) != 0)
                {
                    Roots = JsonSerializer.Deserialize<string[]>(rows.Text(3))!,
                }
            );
        }

        return sources;
    }

    /// <summary>The files of all sources.</summary>
    public static List<StoredFile> Files(Database database)
    {
        var names = new Dictionary<long, string>();
        using (var rows = database.Prepare("SELECT id, path FROM sources"))
        {
            while (rows.Step())
            {
                names.Add(rows.Int64(0), rows.Text(1));
            }
        }

        var files = new List<StoredFile>();
        using (var rows = database.Prepare("SELECT path, source_id, role, size, modified, identity FROM source_files"))
        {
            while (rows.Step())
            {
                if (names.TryGetValue(rows.Int64(1), out var source))
                {
                    var stamp = new FileStamp(rows.Int64(3), rows.Int64(4), rows.Int64(5));
                    files.Add(new StoredFile(rows.Text(0), source, (FileRole)rows.Int32(2), stamp));
                }
            }
        }

        return files;
    }

    /// <summary>A file of a source; <see langword="null"/>: the file is not known.</summary>
    public static StoredFile? FileOf(Database database, string source, string path)
    {
        using var row = database
            .Prepare(
                "SELECT role, size, modified, identity FROM source_files "
                    + "WHERE source_id = (SELECT id FROM sources WHERE path = ?1) AND path = ?2"
            )
            .Bind(1, source)
            .Bind(2, path);
        return row.Step()
            ? new StoredFile(
                path,
                source,
                (FileRole)row.Int32(0),
                new FileStamp(row.Int64(1), row.Int64(2), row.Int64(3))
            )
            : null;
    }

    /// <summary>Makes a change inside the caller's transaction.</summary>
    public static void Apply(Database database, SourceChange change)
    {
        foreach (var path in change.RemoveSources)
        {
            database
                .Prepare("DELETE FROM source_files WHERE source_id = (SELECT id FROM sources WHERE path = ?1)")
                .Bind(1, path)
                .Run();
            database.Prepare("DELETE FROM sources WHERE path = ?1").Bind(1, path).Run();
        }

        foreach (var (source, path) in change.RemoveFiles)
        {
            database
                .Prepare(
                    "DELETE FROM source_files WHERE source_id = (SELECT id FROM sources WHERE path = ?1) AND path = ?2"
                )
                .Bind(1, source)
                .Bind(2, path)
                .Run();
        }

        foreach (var source in change.Sources)
        {
            database
                .Prepare(
                    "INSERT INTO sources(path, complete, watched, roots) VALUES (?1, ?2, ?3, ?4) "
                        + "ON CONFLICT(path) DO UPDATE SET complete = ?2, watched = ?3, roots = ?4"
                )
                .Bind(1, source.Path)
                .Bind(2, source.IsComplete ? 1L : 0)
                .Bind(3, source.IsWatched ? 1L : 0)
                .Bind(4, JsonSerializer.Serialize(source.Roots))
                .Run();
        }

        foreach (var file in change.Files)
        {
            database
                .Prepare(
                    "INSERT OR REPLACE INTO source_files SELECT id, ?1, ?3, ?4, ?5, ?6 FROM sources WHERE path = ?2"
                )
                .Bind(1, file.Path)
                .Bind(2, file.Source)
                .Bind(3, (long)file.Role)
                .Bind(4, file.Stamp.Size)
                .Bind(5, file.Stamp.Modified)
                .Bind(6, file.Stamp.Identity)
                .Run();
        }

        foreach (var path in change.RemovedDocuments)
        {
            database
                .Prepare(
                    "UPDATE source_files SET role = ?2 "
                        + "WHERE source_id IN (SELECT id FROM sources) AND path = ?1 AND role = ?3"
                )
                .Bind(1, path)
                .Bind(2, (long)FileRole.Removed)
                .Bind(3, (long)FileRole.Content)
                .Run();
        }

        database.Prepare("UPDATE counters SET value = value + 1 WHERE key = 'sources'").Run();
    }
}
