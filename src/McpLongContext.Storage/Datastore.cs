using System.Collections.Concurrent;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// A persistent corpus: documents, their passages, a lexical index and hidden states. Several threads and processes
/// may use it at once. What a call has stored when it returns survives a crash; a call that fails has stored nothing.
/// </summary>
public sealed class Datastore : IDisposable
{
    private readonly Lock _writing = new();
    private readonly Database _writer;
    private readonly CatalogWriter _catalog;
    private readonly ConcurrentBag<Database> _idleReaders = [];
    private volatile PublishedCatalog? _published;
    private volatile bool _disposed;

    private Datastore(string name, string folder)
    {
        Name = name;
        Folder = folder;
        _writer = Database.Open(DatabasePath(folder), create: false);
        try
        {
            Schema.Require(_writer);
            LexicalWriter.Refresh(_writer);
            _catalog = new CatalogWriter(_writer);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>The name in its home.</summary>
    public string Name { get; }

    /// <summary>The folder that holds its files.</summary>
    public string Folder { get; }

    /// <summary>
    /// Takes a consistent view of everything published by now; later changes do not show in it. Dispose it soon:
    /// while it is open, the database's log cannot be trimmed.
    /// </summary>
    /// <exception cref="DatastoreException">The datastore cannot be read.</exception>
    public DatastoreSnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Database reader = _idleReaders.TryTake(out Database? idle)
            ? idle
            : Database.Open(DatabasePath(Folder), create: false);
        try
        {
            reader.Execute("BEGIN");
            return new DatastoreSnapshot(this, reader, PublishedIn(reader));
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Removes and puts documents in one transaction.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public CatalogChangeResult Apply(CatalogChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Write(() => _catalog.Apply(change));
    }

    /// <summary>Stores a setting under a key; <see langword="null"/> removes it.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public void SetSetting(string key, string? value) =>
        Write(() =>
        {
            if (value is null)
            {
                _writer.Prepare("DELETE FROM settings WHERE key = ?1").Bind(1, key).Run();
            }
            else
            {
                _writer.Prepare("INSERT OR REPLACE INTO settings VALUES (?1, ?2)").Bind(1, key).Bind(2, value).Run();
            }

            return true;
        });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _writer.Dispose();
        }

        while (_idleReaders.TryTake(out Database? reader))
        {
            reader.Dispose();
        }
    }

    internal static string DatabasePath(string folder) => Path.Combine(folder, "datastore.db");

    internal static Datastore Open(string name, string folder) => new(name, folder);

    /// <summary>Takes a snapshot's connection back for the next one.</summary>
    internal void Return(Database reader)
    {
        reader.Execute("ROLLBACK");
        if (_disposed)
        {
            reader.Dispose();
        }
        else
        {
            _idleReaders.Add(reader);
        }
    }

    private T Write<T>(Func<T> change)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer.Write(() =>
            {
                T result = change();
                _writer.Prepare("UPDATE counters SET value = value + 1 WHERE key = 'generation'").Run();
                return result;
            });
        }
    }

    /// <summary>The document table of the reader's view; loaded once per generation.</summary>
    private DocumentTable PublishedIn(Database reader)
    {
        long generation = reader.Scalar("SELECT value FROM counters WHERE key = 'generation'") ?? 0;
        PublishedCatalog? published = _published;
        if (published?.Generation != generation)
        {
            published = new PublishedCatalog(generation, DocumentTable.Load(reader));
            _published = published;
        }

        return published.Documents;
    }

    private sealed record PublishedCatalog(long Generation, DocumentTable Documents);
}
