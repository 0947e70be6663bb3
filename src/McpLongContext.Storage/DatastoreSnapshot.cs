using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// A consistent view of one published state of a datastore, in a read transaction. For one thread at a time; take
/// one for each question.
/// </summary>
public sealed class DatastoreSnapshot : IDisposable
{
    private readonly Datastore _datastore;
    private Database? _reader;

    internal DatastoreSnapshot(Datastore datastore, Database reader, DocumentTable documents)
    {
        _datastore = datastore;
        _reader = reader;
        Documents = documents;
        Passages = new PassageReader(reader);
        Lexical = new LexicalIndex(reader, documents.PassageCount);
        Exact = new ExactSearch(reader, Lexical);
    }

    /// <summary>The documents.</summary>
    public DocumentTable Documents { get; }

    /// <summary>The passages and their texts.</summary>
    public PassageReader Passages { get; }

    /// <summary>Search by words.</summary>
    public LexicalIndex Lexical { get; }

    /// <summary>Search for identifiers and phrases, literally.</summary>
    public ExactSearch Exact { get; }

    private Database Reader => _reader ?? throw new ObjectDisposedException(nameof(DatastoreSnapshot));

    /// <summary>The setting under <paramref name="key"/>, or <see langword="null"/>.</summary>
    public string? Setting(string key)
    {
        using Statement row = Reader.Prepare("SELECT value FROM settings WHERE key = ?1").Bind(1, key);
        return row.Step() ? row.Text(0) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _reader, null) is { } reader)
        {
            _datastore.Return(reader);
        }
    }
}
