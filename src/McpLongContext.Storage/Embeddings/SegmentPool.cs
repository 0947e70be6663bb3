namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// The segments that are mapped in this process. Each stays mapped as long as somebody holds it, so that a search goes
/// on undisturbed while a compaction retires the file under it.
/// </summary>
/// <param name="open">Maps a segment file of an encoder, of whichever kind it is.</param>
internal sealed class SegmentPool(Func<string, EmbeddingProfile, SegmentReader> open)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes hold of a segment, mapped when it is not yet; each call needs its <see cref="Release"/>.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public SegmentReader Acquire(string path, EmbeddingProfile encoder)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(path, out var entry))
            {
                entry = new Entry(open(path, encoder));
                _entries.Add(path, entry);
            }

            entry.Holders++;
            return entry.Reader;
        }
    }

    public void Release(SegmentReader reader)
    {
        lock (_lock)
        {
            var entry = _entries[reader.Path];
            if (--entry.Holders == 0)
            {
                _entries.Remove(reader.Path);
                reader.Dispose();
            }
        }
    }

    private sealed class Entry(SegmentReader reader)
    {
        public SegmentReader Reader { get; } = reader;

        public int Holders { get; set; }
    }
}
