using System.Text;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.CompressiveMemories;

/// <summary>
/// The tables that say which file holds the compressive memory of a model and an adapter, and which contents were read
/// into it.
/// </summary>
internal static class CompressiveMemoryTable
{
    /// <summary>Datastores of before have no such tables; they get them when they are opened.</summary>
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS memories(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          model TEXT NOT NULL,
          adapter TEXT NOT NULL,
          file TEXT NOT NULL UNIQUE,
          bytes INTEGER NOT NULL,
          tokens INTEGER NOT NULL,
          checksum INTEGER NOT NULL,
          UNIQUE (model, adapter));
        CREATE TABLE IF NOT EXISTS memory_contents(
          memory_id INTEGER NOT NULL REFERENCES memories(id) ON DELETE CASCADE,
          content_key BLOB NOT NULL,
          PRIMARY KEY (memory_id, content_key)) WITHOUT ROWID;
        """;

    /// <summary>
    /// A compressive memory is stale when it holds a content that no document has: nothing can be taken out of it.
    /// </summary>
    private const string Stale =
        "SELECT memory_id FROM memory_contents WHERE content_key NOT IN (SELECT content_key FROM documents)";

    /// <summary>Makes the tables where there are none.</summary>
    public static void Create(Database database)
    {
        if (database.Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'memory_contents'") == 0)
        {
            database.Write(() => database.Execute(Tables));
        }
    }

    /// <summary>All compressive memories, by model and adapter.</summary>
    /// <exception cref="DatastoreCorruptException">An entry is not what was written.</exception>
    public static List<CompressiveMemoryEntry> List(Database database)
    {
        var memories = new List<CompressiveMemoryEntry>();
        foreach (var (id, memory) in Entries(database))
        {
            memories.Add(
                memory
                    ?? throw new DatastoreCorruptException(
                        $"The entry of memory {id} in '{database.Path}' is damaged. Verify the datastore with repair, "
                            + "then build the compressive memory again."
                    )
            );
        }

        return memories;
    }

    /// <summary>All entries by their rows; no compressive memory where an entry is damaged.</summary>
    public static List<(long Id, CompressiveMemoryEntry? Memory)> Entries(Database database)
    {
        var entries = new List<(long, CompressiveMemoryEntry?)>();
        using var rows = database.Prepare(
            """
            SELECT m.id, m.model, m.adapter, m.tokens, count(c.content_key), m.bytes, m.file, m.checksum
            FROM memories m LEFT JOIN memory_contents c ON c.memory_id = m.id
            GROUP BY m.id ORDER BY m.model, m.adapter
            """
        );
        while (rows.Step())
        {
            var memory = new CompressiveMemoryEntry(
                rows.Text(1),
                rows.Text(2),
                rows.Int64(3),
                rows.Int32(4),
                rows.Int64(5),
                rows.Text(6)
            );
            entries.Add((rows.Int64(0), Checksum(memory) == rows.Int64(7) ? memory : null));
        }

        return entries;
    }

    /// <summary>
    /// The documents whose contents a compressive memory lacks, one of each content, in the order of their storing.
    /// </summary>
    public static List<Document> Missing(Database database, string model, string adapter, DocumentTable documents)
    {
        var held = new HashSet<ContentKey>();
        using (
            var rows = database
                .Prepare(
                    "SELECT c.content_key FROM memory_contents c JOIN memories m ON m.id = c.memory_id "
                        + "WHERE m.model = ?1 AND m.adapter = ?2"
                )
                .Bind(1, model)
                .Bind(2, adapter)
        )
        {
            while (rows.Step())
            {
                held.Add(ContentKey.Stored(rows.Bytes(0)));
            }
        }

        return documents
            .All.Where(document => document.PassageCount > 0)
            .OrderBy(document => document.Id)
            .Where(document => held.Add(document.ContentKey))
            .ToList();
    }

    /// <summary>
    /// Puts a compressive memory into the place of the one that it was made from; for a write transaction.
    /// </summary>
    /// <param name="database">The writer.</param>
    /// <param name="memory">The compressive memory.</param>
    /// <param name="before">The file of the compressive memory that it was made from; null: it was empty.</param>
    /// <param name="added">The contents that were read since.</param>
    /// <returns>Whether it holds what documents have and nothing else; otherwise nothing is changed.</returns>
    public static bool Replace(
        Database database,
        CompressiveMemoryEntry memory,
        string? before,
        IReadOnlyCollection<ContentKey> added
    )
    {
        var stored = Find(database, memory);
        if (stored?.File != before || !added.All(content => IsStored(database, content)))
        {
            return false;
        }

        if (stored is { } old)
        {
            Update(database, old.Id, memory);
            AddContents(database, old.Id, added);
        }
        else
        {
            Insert(database, memory);
            AddContents(database, database.LastInsertId, added);
        }

        return true;
    }

    /// <summary>
    /// Forgets the compressive memories that hold what no document has any more; returns their files.
    /// </summary>
    public static List<string> DropStale(Database database)
    {
        var files = new List<string>();
        using (var rows = database.Prepare($"SELECT file FROM memories WHERE id IN ({Stale})"))
        {
            while (rows.Step())
            {
                files.Add(rows.Text(0));
            }
        }

        if (files.Count > 0)
        {
            database.Execute($"DELETE FROM memories WHERE id IN ({Stale})");
        }

        return files;
    }

    /// <summary>Forgets a compressive memory.</summary>
    public static void Drop(Database database, long id) =>
        database.Prepare("DELETE FROM memories WHERE id = ?1").Bind(1, id).Run();

    private static (long Id, string File)? Find(Database database, CompressiveMemoryEntry memory)
    {
        using var row = database
            .Prepare("SELECT id, file FROM memories WHERE model = ?1 AND adapter = ?2")
            .Bind(1, memory.Model)
            .Bind(2, memory.Adapter);
        return row.Step() ? (row.Int64(0), row.Text(1)) : null;
    }

    private static bool IsStored(Database database, ContentKey content)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        content.CopyTo(key);
        using var row = database.Prepare("SELECT 1 FROM documents WHERE content_key = ?1").BindBlob(1, key);
        return row.Step();
    }

    private static void Insert(Database database, CompressiveMemoryEntry memory) =>
        database
            .Prepare("INSERT INTO memories VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(1, memory.Model)
            .Bind(2, memory.Adapter)
            .Bind(3, memory.File)
            .Bind(4, memory.Bytes)
            .Bind(5, memory.Tokens)
            .Bind(6, Checksum(memory))
            .Run();

    private static void Update(Database database, long id, CompressiveMemoryEntry memory) =>
        database
            .Prepare("UPDATE memories SET file = ?2, bytes = ?3, tokens = ?4, checksum = ?5 WHERE id = ?1")
            .Bind(1, id)
            .Bind(2, memory.File)
            .Bind(3, memory.Bytes)
            .Bind(4, memory.Tokens)
            .Bind(5, Checksum(memory))
            .Run();

    private static void AddContents(Database database, long id, IReadOnlyCollection<ContentKey> added)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        foreach (var content in added)
        {
            content.CopyTo(key);
            database
                .Prepare("INSERT OR IGNORE INTO memory_contents VALUES (?1, ?2)")
                .Bind(1, id)
                .BindBlob(2, key)
                .Run();
        }
    }

    private static long Checksum(CompressiveMemoryEntry memory)
    {
        var state = Crc32C.Update(uint.MaxValue, Encoding.UTF8.GetBytes(memory.Model));
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(memory.Adapter));
        state = Crc32C.Update(state, Encoding.UTF8.GetBytes(memory.File));
        state = Crc32C.Update(state, memory.Bytes);
        return ~Crc32C.Update(state, memory.Tokens);
    }
}
