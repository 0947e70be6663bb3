namespace McpLongContext.Storage.Sqlite;

/// <summary>
/// The tables of a datastore. <c>PRAGMA user_version</c> holds the version of the format; a database of another version
/// is refused. Tables and indexes that were added within a version are created when they are missing.
/// </summary>
internal static class Schema
{
    /// <summary>The version of a new file, in which the passages of a document are its own.</summary>
    public const int Version = 1;

    /// <summary>
    /// The version from the first shared passages on: a program that knows no sharing would remove them with one of
    /// their documents.
    /// </summary>
    public const int SharingVersion = 2;

    /// <summary>Marks the file as ours in its header ("MLC1").</summary>
    private const int ApplicationId = 0x4D4C4331;

    private const string Tables = """
        CREATE TABLE counters(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO counters VALUES ('generation', 0), ('next_passage', 1), ('analyzer', 0), ('identity', abs(random()) + 1);
        CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE documents(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          path TEXT NOT NULL UNIQUE,
          kind TEXT NOT NULL,
          content_key BLOB NOT NULL,
          bytes INTEGER NOT NULL,
          modified INTEGER NOT NULL,
          line_count INTEGER NOT NULL,
          first_passage INTEGER NOT NULL,
          passage_count INTEGER NOT NULL,
          checksum INTEGER NOT NULL);
        CREATE INDEX documents_content ON documents(content_key);

        CREATE TABLE passages(
          id INTEGER PRIMARY KEY,
          document_id INTEGER NOT NULL REFERENCES documents(id),
          start_line INTEGER NOT NULL,
          end_line INTEGER NOT NULL,
          text TEXT NOT NULL,
          context TEXT NOT NULL,
          checksum INTEGER NOT NULL);

        CREATE VIRTUAL TABLE lexical USING fts5(body, context, path, content='', tokenize="ascii tokenchars '.'");
        CREATE VIRTUAL TABLE lexical_terms USING fts5vocab(lexical, row);

        CREATE TABLE encoders(
          id INTEGER PRIMARY KEY,
          key TEXT NOT NULL UNIQUE,
          precision INTEGER NOT NULL,
          mean BLOB NOT NULL,
          deviation BLOB NOT NULL,
          checksum INTEGER NOT NULL);
        CREATE TABLE segments(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          file TEXT NOT NULL UNIQUE,
          encoder_id INTEGER NOT NULL REFERENCES encoders(id),
          bytes INTEGER NOT NULL,
          passages INTEGER NOT NULL,
          tokens INTEGER NOT NULL);
        CREATE TABLE states(
          encoder_id INTEGER NOT NULL REFERENCES encoders(id),
          content_key BLOB NOT NULL,
          first_ordinal INTEGER NOT NULL,
          passage_count INTEGER NOT NULL,
          segment_id INTEGER NOT NULL REFERENCES segments(id),
          first_slot INTEGER NOT NULL,
          PRIMARY KEY (encoder_id, content_key, first_ordinal)) WITHOUT ROWID;
        CREATE INDEX states_segment ON states(segment_id);
        """;

    /// <summary>Without it, the removal of a document reads all passages, to see that none refers to it.</summary>
    private const string DocumentIndex = "CREATE INDEX passages_document ON passages(document_id)";

    /// <summary>
    /// A transaction of an ingest makes one segment of the index (8 MiB of postings in RAM instead of one), and
    /// sixteen of them are merged at once instead of four: a first ingest merges less while its user waits for it.
    /// </summary>
    private const string LexicalSettings = """
        INSERT INTO lexical(lexical, rank) VALUES ('hashsize', 8388608);
        INSERT INTO lexical(lexical, rank) VALUES ('automerge', 16);
        """;

    /// <summary>Creates the tables in an empty file.</summary>
    public static void Create(Database database)
    {
        // Before the first table, or it takes no effect: freed pages can be returned piecemeal.
        database.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        database.Execute("VACUUM");
        database.Write(() =>
        {
            database.Execute(Tables);
            database.Execute(DocumentIndex);
            database.Execute(LexicalSettings);
            database.Execute($"PRAGMA application_id = {ApplicationId}");
            database.Execute($"PRAGMA user_version = {Version}");
        });
    }

    /// <summary>Adds what a datastore of before lacks and this code is slow without.</summary>
    public static void Complete(Database database)
    {
        const string IsThere = "SELECT count(*) FROM sqlite_master WHERE name = 'passages_document'";
        if (database.Scalar(IsThere) == 1)
        {
            return;
        }

        database.Write(() =>
        {
            // Another process may have been first.
            if (database.Scalar(IsThere) == 0)
            {
                database.Execute(DocumentIndex);
            }
        });
    }

    /// <summary>Lets documents share passages, inside the caller's transaction.</summary>
    public static void AllowSharing(Database database)
    {
        if (database.Scalar("PRAGMA user_version") == Version)
        {
            database.Execute($"PRAGMA user_version = {SharingVersion}");
        }
    }

    /// <summary>Refuses what this code cannot read.</summary>
    /// <exception cref="DatastoreException">The file is no datastore or one of another version.</exception>
    public static void Require(Database database)
    {
        if (database.Scalar("PRAGMA application_id") != ApplicationId)
        {
            throw new DatastoreException(
                $"'{database.Path}' is not a datastore of McpLongContext. Move the file away and ingest again."
            );
        }

        var found = database.Scalar("PRAGMA user_version") ?? 0;
        if (found is not (Version or SharingVersion))
        {
            throw new DatastoreException(
                $"The datastore '{database.Path}' has format {found}; this program reads up to {SharingVersion}. "
                    + "Update the program, or remove the datastore and ingest again."
            );
        }
    }
}
