using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Storage.Catalog;

/// <summary>The definitions of one published generation.</summary>
public sealed class SymbolTable
{
    private const string Columns = "SELECT passage_id, line, name, kind, container, checksum FROM symbols ";

    private readonly Database _database;
    private readonly DocumentTable _documents;

    internal SymbolTable(Database database, DocumentTable documents) => (_database, _documents) = (database, documents);

    /// <summary>The definitions whose names have a key, in the order of passages and lines.</summary>
    /// <param name="key">Made by <see cref="SymbolKey.Of"/>.</param>
    /// <param name="limit">The most definitions to return.</param>
    public IReadOnlyList<Symbol> Find(string key, int limit)
    {
        var symbols = new List<Symbol>();
        using var rows = _database
            .Prepare(Columns + "WHERE key = ?1 ORDER BY passage_id, line LIMIT ?2")
            .Bind(1, key)
            .Bind(2, limit);
        while (rows.Step())
        {
            // Rows of a document that is damaged, or was replaced by a program that knew no symbols, name no passage.
            if (_documents.TryFindByPassage(rows.Int64(0), out _))
            {
                Add(rows, symbols);
            }
        }

        return symbols;
    }

    /// <summary>The definitions of passages, in order.</summary>
    /// <param name="first">The id of the first passage.</param>
    /// <param name="last">The id of the last passage, inclusive.</param>
    public IReadOnlyList<Symbol> Between(long first, long last)
    {
        var symbols = new List<Symbol>();
        using var rows = _database
            .Prepare(Columns + "WHERE passage_id BETWEEN ?1 AND ?2 ORDER BY passage_id, line")
            .Bind(1, first)
            .Bind(2, last);
        while (rows.Step())
        {
            Add(rows, symbols);
        }

        return symbols;
    }

    /// <summary>Whether the symbols of a document are those of a version.</summary>
    /// <param name="version">The version of what finds symbols.</param>
    /// <param name="firstPassage">The document's first passage.</param>
    public bool IsCurrent(int version, long firstPassage)
    {
        using var row = _database
            .Prepare("SELECT 1 FROM symbol_versions WHERE version = ?1 AND first_passage = ?2")
            .Bind(1, version)
            .Bind(2, firstPassage);
        return row.Step();
    }

    /// <summary>The first passages of the documents whose symbols are those of a version.</summary>
    public IReadOnlySet<long> Current(int version)
    {
        var current = new HashSet<long>();
        using var rows = _database
            .Prepare("SELECT first_passage FROM symbol_versions WHERE version = ?1")
            .Bind(1, version);
        while (rows.Step())
        {
            current.Add(rows.Int64(0));
        }

        return current;
    }

    /// <summary>Adds a row, unless it is damaged: evidence stands without its symbols.</summary>
    private static void Add(Statement row, List<Symbol> symbols)
    {
        var symbol = new Symbol(row.Int64(0), row.Int32(1), row.Text(2), (SymbolKind)row.Int32(3), row.Text(4));
        if (SymbolChecksum.Of(symbol) == row.Int64(5))
        {
            symbols.Add(symbol);
        }
    }
}
