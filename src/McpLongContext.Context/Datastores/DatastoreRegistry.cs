using System.Globalization;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Backups;

namespace McpLongContext.Context.Datastores;

/// <summary>The datastores that this process has opened; each is opened once and shared.</summary>
internal sealed class DatastoreRegistry(DatastoreHome home) : IDisposable
{
    private const string ChunkSizeSetting = "chunk_size";
    private const string OverlapSetting = "overlap";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Datastore> _open = new(StringComparer.Ordinal);

    /// <summary>The names of all datastores.</summary>
    public IReadOnlyList<string> Names => home.List();

    /// <summary>The chunk settings of a datastore.</summary>
    public static ChunkSettings ChunksOf(DatastoreSnapshot snapshot) =>
        snapshot.Setting(ChunkSizeSetting) is { } size && snapshot.Setting(OverlapSetting) is { } overlap
            ? new ChunkSettings(
                int.Parse(size, CultureInfo.InvariantCulture),
                double.Parse(overlap, CultureInfo.InvariantCulture)
            )
            : new ChunkSettings();

    /// <summary>Keeps chunk settings with a datastore.</summary>
    public static void SetChunks(Datastore datastore, ChunkSettings chunks)
    {
        datastore.SetSetting(ChunkSizeSetting, chunks.Size.ToString(CultureInfo.InvariantCulture));
        datastore.SetSetting(OverlapSetting, chunks.Overlap.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>An existing datastore.</summary>
    /// <exception cref="DatastoreException">There is none with this name.</exception>
    public Datastore Open(string name) => Get(name, home.Open, creates: false);

    /// <summary>A datastore, created when there is none with this name.</summary>
    /// <exception cref="DatastoreException">The name is not valid.</exception>
    public Datastore OpenOrCreate(string name) => Get(name, home.OpenOrCreate, creates: true);

    /// <summary>Makes a datastore of a backup.</summary>
    /// <exception cref="DatastoreException">The file is no backup, or the name is taken.</exception>
    public void Restore(string file, string name) => DatastoreBackup.Restore(file, home, name);

    /// <summary>Removes a datastore with everything in it.</summary>
    /// <exception cref="DatastoreException">There is none with this name.</exception>
    public void Remove(string name)
    {
        lock (_gate)
        {
            if (_open.Remove(name, out var datastore))
            {
                datastore.Dispose();
            }

            home.Remove(name);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var datastore in _open.Values)
            {
                datastore.Dispose();
            }

            _open.Clear();
        }
    }

    private Datastore Get(string name, Func<string, Datastore> open, bool creates)
    {
        lock (_gate)
        {
            // Another process may have removed it and made it anew.
            if (_open.TryGetValue(name, out var known) && !known.IsRemoved)
            {
                return known;
            }

            known?.Dispose();
            if (_open.Remove(name) && !creates && !home.Exists(name))
            {
                throw new DatastoreRemovedException(
                    $"The datastore '{name}' was removed by another process or by hand. Ingest its sources again."
                );
            }

            return _open[name] = open(name);
        }
    }
}
