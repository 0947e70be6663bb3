using System.Collections.Concurrent;
using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// Hands out snapshots of a datastore, and keeps what they share: connections, documents, mapped segments.
/// </summary>
internal sealed class SnapshotSource(DatastoreIdentity identity, string segmentsFolder, ISearchDevices? devices)
    : IDisposable
{
    /// <summary>How often a snapshot is taken anew when a compaction retires segments under it.</summary>
    private const int Attempts = 4;

    /// <summary>
    /// Connections that are kept, each of which may fill its cache of pages; a crowd of readers opens more for a while.
    /// </summary>
    private const int MaxIdle = 8;

    private readonly ConcurrentBag<Database> _idle = [];
    private readonly SegmentPool _segments = new(
        (path, encoder) => PublishedGeneration.OpenSegment(path, encoder, devices)
    );
    private readonly Lock _publishing = new();
    private PublishedGeneration? _published;
    private volatile bool _disposed;

    /// <summary>Takes a view of everything published by now.</summary>
    public DatastoreSnapshot Take()
    {
        for (var attempt = 1; ; attempt++)
        {
            var snapshot = TakeOnce();
            if (!snapshot.MissesSegments || attempt == Attempts)
            {
                return snapshot;
            }

            snapshot.Dispose();
        }
    }

    /// <summary>Takes a snapshot's connection back for the next one.</summary>
    public void Return(Database reader, PublishedGeneration state)
    {
        state.Release();
        reader.Execute("ROLLBACK");
        if (_disposed || _idle.Count >= MaxIdle)
        {
            reader.Dispose();
        }
        else
        {
            _idle.Add(reader);
        }
    }

    /// <summary>Lets go of everything that no snapshot holds.</summary>
    public void Dispose()
    {
        lock (_publishing)
        {
            _disposed = true;
            _published?.Release();
            _published = null;
        }

        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private DatastoreSnapshot TakeOnce()
    {
        var reader = _idle.TryTake(out var idle) ? idle : identity.Connect();
        try
        {
            reader.Execute("BEGIN");
            identity.Require(reader);
            return new DatastoreSnapshot(this, reader, PublishedIn(reader));
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The state of the reader's view, held for the caller; loaded once per generation.</summary>
    private PublishedGeneration PublishedIn(Database reader)
    {
        var generation = reader.Scalar("SELECT value FROM counters WHERE key = 'generation'") ?? 0;
        lock (_publishing)
        {
            if (_published is { } published && published.Generation == generation && published.TryHold())
            {
                return published;
            }
        }

        var loaded = PublishedGeneration.Load(reader, generation, segmentsFolder, _segments);
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
