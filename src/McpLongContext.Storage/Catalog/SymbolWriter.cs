using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Storage.Catalog;

/// <summary>
/// Maintains the symbol table inside the caller's transaction. A document's symbols are recorded with the version of
/// what found them under its first passage, whose id is never given twice, so that rows of a program that knew no
/// symbols are never taken for current ones.
/// </summary>
internal sealed class SymbolWriter(Database database)
{
    private readonly Utf8Buffer _name = new();
    private readonly Utf8Buffer _container = new();

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS symbols(
          passage_id INTEGER NOT NULL,
          line INTEGER NOT NULL,
          name TEXT NOT NULL,
          key TEXT NOT NULL,
          kind INTEGER NOT NULL,
          container TEXT NOT NULL,
          checksum INTEGER NOT NULL,
          PRIMARY KEY (passage_id, line, name)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS symbols_key ON symbols(key);
        CREATE TABLE IF NOT EXISTS symbol_versions(first_passage INTEGER PRIMARY KEY, version INTEGER NOT NULL);
        """;

    /// <summary>Adds the tables to a datastore that was made before they existed.</summary>
    public static void Create(Database database)
    {
        const string IsThere = "SELECT count(*) FROM sqlite_master WHERE name = 'symbol_versions'";
        if (database.Scalar(IsThere) == 0)
        {
            database.Write(() => database.Execute(Tables));
        }
    }

    /// <summary>
    /// Stores the symbols of a document whose passages have the ids from <paramref name="first"/> on.
    /// </summary>
    public void Write(NewDocument document, long first)
    {
        for (var i = 0; i < document.Passages.Count; i++)
        {
            foreach (var symbol in document.Passages[i].Symbols ?? [])
            {
                var name = _name.Encode(symbol.Name);
                var container = _container.Encode(symbol.Container);
                database
                    .Prepare("INSERT OR IGNORE INTO symbols VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                    .Bind(1, first + i)
                    .Bind(2, symbol.Line)
                    .BindUtf8(3, name)
                    .Bind(4, SymbolKey.Of(symbol.Name))
                    .Bind(5, (long)symbol.Kind)
                    .BindUtf8(6, container)
                    .Bind(7, SymbolChecksum.Of(first + i, symbol.Line, symbol.Kind, name, container))
                    .Run();
            }
        }

        if (document.Passages.Count > 0)
        {
            database
                .Prepare("INSERT OR REPLACE INTO symbol_versions VALUES (?1, ?2)")
                .Bind(1, first)
                .Bind(2, document.SymbolVersion)
                .Run();
        }
    }

    /// <summary>Replaces the symbols of a document whose passages stay, where another version found them.</summary>
    public void Refresh(NewDocument document, long first)
    {
        if (VersionOf(first) != document.SymbolVersion)
        {
            Remove(first, document.Passages.Count);
            Write(document, first);
        }
    }

    /// <summary>Forgets the symbols of a document.</summary>
    public void Remove(long first, int passages)
    {
        database
            .Prepare("DELETE FROM symbols WHERE passage_id BETWEEN ?1 AND ?2")
            .Bind(1, first)
            .Bind(2, first + passages - 1)
            .Run();
        database.Prepare("DELETE FROM symbol_versions WHERE first_passage = ?1").Bind(1, first).Run();
    }

    private long? VersionOf(long first)
    {
        using var row = database.Prepare("SELECT version FROM symbol_versions WHERE first_passage = ?1").Bind(1, first);
        return row.Step() ? row.Int64(0) : null;
    }
}
