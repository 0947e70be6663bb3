using System.Collections.Concurrent;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.States;

namespace McpLongContext.Storage;

/// <summary>
/// A persistent corpus: documents, their passages, a lexical index and hidden states. Several threads and processes
/// may use it at once. What a call has stored when it returns survives a crash; a call that fails has stored nothing.
/// </summary>
public sealed class Datastore : IDisposable
{
    /// <summary>How often a snapshot is taken anew when a compaction retires segments under it.</summary>
    private const int SnapshotAttempts = 4;

    private readonly Lock _writing = new();
    private readonly Database _writer;
    private readonly CatalogWriter _catalog;
    private readonly ConcurrentBag<Database> _idleReaders = [];
    private readonly SegmentPool _segments = new();
    private readonly Lock _publishing = new();
    private PublishedState? _published;
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
        for (int attempt = 1; ; attempt++)
        {
            DatastoreSnapshot snapshot = TakeSnapshot();
            if (!snapshot.MissesSegments || attempt == SnapshotAttempts)
            {
                return snapshot;
            }

            snapshot.Dispose();
        }
    }

    /// <summary>Removes and puts documents in one transaction.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public CatalogChangeResult Apply(CatalogChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Write(() => _catalog.Apply(change));
    }

    /// <summary>
    /// Begins to write hidden states of an encoder, which is registered with its first use. The key of the profile
    /// names it for <see cref="DatastoreSnapshot.States"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The profile is not valid.</exception>
    /// <exception cref="DatastoreException">The key is taken by an encoder with another profile.</exception>
    public StateWriter WriteStates(EncoderProfile encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        EncoderProfile.Require(encoder);
        Write(() => EncoderProfile.Register(_writer, encoder));
        return new StateWriter(this, encoder);
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

        lock (_publishing)
        {
            _published?.Release();
            _published = null;
        }

        while (_idleReaders.TryTake(out Database? reader))
        {
            reader.Dispose();
        }
    }

    internal string StatesFolder => Path.Combine(Folder, "states");

    internal static string DatabasePath(string folder) => Path.Combine(folder, "datastore.db");

    internal static Datastore Open(string name, string folder) => new(name, folder);

    /// <summary>Publishes a segment that is on disk.</summary>
    internal void Publish(EncoderProfile encoder, SegmentLayout layout, string file, IReadOnlyList<StateRun> runs)
    {
        string path = Path.Combine(StatesFolder, file);
        bool isNeeded = Write(() =>
        {
            // Another process may have taken the file for an orphan; it does so in a write transaction as well.
            if (!File.Exists(path))
            {
                throw new DatastoreException($"The segment '{path}' vanished before it was published. Encode again.");
            }

            long id = EncoderProfile.Register(_writer, encoder);
            return StateCatalog.Add(_writer, id, layout, file, runs);
        });
        if (!isNeeded)
        {
            File.Delete(path);
        }
    }

    /// <summary>Takes a snapshot's connection back for the next one.</summary>
    internal void Return(Database reader, PublishedState state)
    {
        state.Release();
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

    private DatastoreSnapshot TakeSnapshot()
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

    /// <summary>The state of the reader's view, held for the caller; loaded once per generation.</summary>
    private PublishedState PublishedIn(Database reader)
    {
        long generation = reader.Scalar("SELECT value FROM counters WHERE key = 'generation'") ?? 0;
        lock (_publishing)
        {
            if (_published is { } published && published.Generation == generation && published.TryHold())
            {
                return published;
            }
        }

        PublishedState loaded = PublishedState.Load(reader, generation, StatesFolder, _segments);
        lock (_publishing)
        {
            if (!_disposed && !loaded.MissesSegments && (_published?.Generation ?? -1) < generation && loaded.TryHold())
            {
                _published?.Release();
                _published = loaded;
            }
        }

        return loaded;
    }
}
