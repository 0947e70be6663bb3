using System.Collections.Concurrent;
using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// The in-process form of one generation of a datastore, shared by all snapshots of it: the documents and the
/// mapped segments. Held by the datastore while it is the newest, and by every snapshot.
/// </summary>
internal sealed class PublishedGeneration
{
    private readonly SegmentPool _pool;
    private readonly Dictionary<long, SegmentReader> _segments = [];
    private readonly List<string> _damage = [];
    private readonly ConcurrentDictionary<string, EmbeddingIndex> _indexes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyIndex> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<PendingContent>> _pending = new(StringComparer.Ordinal);
    private int _holders = 1;

    private PublishedGeneration(long generation, DocumentTable documents, SegmentPool pool)
    {
        Generation = generation;
        Documents = documents;
        _pool = pool;
    }

    /// <summary>Counts the changes of the datastore.</summary>
    public long Generation { get; }

    public DocumentTable Documents { get; }

    /// <summary>The mapped segments by their row ids.</summary>
    public IReadOnlyDictionary<long, SegmentReader> Segments => _segments;

    /// <summary>Whether a segment of this generation has no file: a compaction may have retired it meanwhile.</summary>
    public bool MissesSegments { get; private set; }

    /// <summary>Loads what the reader's transaction sees, held once.</summary>
    public static PublishedGeneration Load(Database reader, long generation, string segmentsFolder, SegmentPool pool)
    {
        var state = new PublishedGeneration(generation, DocumentTable.Load(reader), pool);
        try
        {
            foreach (var (segment, file, key) in ListSegments(reader))
            {
                state.Map(reader, segment, Path.Combine(segmentsFolder, file), key);
            }
        }
        catch
        {
            state.Release();
            throw;
        }

        return state;
    }

    /// <summary>Maps a segment of an encoder, of token embeddings or of keys, and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static SegmentReader OpenSegment(string path, EmbeddingProfile encoder, ISearchDevices? devices = null) =>
        encoder.HasKeys ? KeySegment.Open(path, encoder, devices) : EmbeddingSegment.Open(path, encoder, devices);

    /// <summary>Takes hold once more; <see langword="false"/> when everybody has let go already.</summary>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0; )
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    /// <summary>Lets go; the last holder unmaps.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            foreach (var segment in _segments.Values)
            {
                _pool.Release(segment);
            }
        }
    }

    /// <summary>The index of an encoder, or <see langword="null"/> when it has stored nothing here.</summary>
    public EmbeddingIndex? Embeddings(Database reader, string encoder)
    {
        if (_indexes.TryGetValue(encoder, out var index))
        {
            return index;
        }

        return EmbeddingProfile.Find(reader, encoder) is { Profile.HasKeys: false } found
            ? _indexes.GetOrAdd(
                encoder,
                EmbeddingIndex.Load(reader, found.Id, found.Profile, Documents, _segments, _damage)
            )
            : null;
    }

    /// <summary>The keys under an encoder's key, or <see langword="null"/> when it has stored none here.</summary>
    public KeyIndex? Keys(Database reader, string encoder)
    {
        if (_keys.TryGetValue(encoder, out var index))
        {
            return index;
        }

        return EmbeddingProfile.Find(reader, encoder) is { Profile.HasKeys: true } found
            ? _keys.GetOrAdd(encoder, KeyIndex.Load(reader, found.Id, found.Profile, Documents, _segments, _damage))
            : null;
    }

    /// <summary>The contents that lack embeddings of an encoder, in the order of storing.</summary>
    public IReadOnlyList<PendingContent> Pending(Database reader, string encoder) =>
        _pending.GetOrAdd(encoder, key => PendingContent.List(reader, key, Documents));

    private static List<(long Id, string File, string Encoder)> ListSegments(Database reader)
    {
        var segments = new List<(long, string, string)>();
        using var rows = reader.Prepare(
            "SELECT s.id, s.file, e.key FROM segments s JOIN encoders e ON e.id = s.encoder_id ORDER BY s.id"
        );
        while (rows.Step())
        {
            segments.Add((rows.Int64(0), rows.Text(1), rows.Text(2)));
        }

        return segments;
    }

    /// <summary>
    /// Maps a segment; one that cannot be is left out and named, because the others are still of use.
    /// </summary>
    private void Map(Database reader, long segment, string path, string encoder)
    {
        try
        {
            if (EmbeddingProfile.Find(reader, encoder) is { } found)
            {
                _segments.Add(segment, _pool.Acquire(path, found.Profile));
            }
        }
        catch (FileNotFoundException)
        {
            MissesSegments = true;
            _damage.Add(
                $"The segment '{path}' is missing. Verify the datastore with repair; what it held is made again."
            );
        }
        catch (DatastoreException e)
        {
            _damage.Add(e.Message);
        }
    }
}
