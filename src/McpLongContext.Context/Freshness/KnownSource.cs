using McpLongContext.Context.Files;
using McpLongContext.Context.Ingestion;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>A source and the state in which its files were seen last.</summary>
internal sealed class KnownSource(StoredSource source, Indexer indexer)
{
    /// <summary>The number of files from which several threads share a comparison.</summary>
    private const int Many = 2000;

    private readonly Dictionary<string, KnownFile> _files = new(StringComparer.Ordinal);
    private KnownFile[]? _order;
    private Dictionary<string, FileStamp>? _contents;

    public StoredSource Source { get; } = source;

    /// <summary>Finds and reads the files beneath the roots of the source.</summary>
    public Indexer Indexer { get; } = indexer;

    public string Path => Source.Path;

    /// <summary>The files, by path.</summary>
    public IReadOnlyDictionary<string, KnownFile> Files => _files;

    public void Set(string path, FileRole role, FileStamp stamp)
    {
        if (_files.TryGetValue(path, out var known))
        {
            (known.Role, known.Stamp, _contents) = (role, stamp, null);
            return;
        }

        _files.Add(path, new KnownFile(path, role, stamp));
        (_order, _contents) = (null, null);
    }

    public void Remove(string path)
    {
        _files.Remove(path);
        (_order, _contents) = (null, null);
    }

    /// <summary>The stamps of the files that are documents, or could be; a later change makes another dictionary.</summary>
    public IReadOnlyDictionary<string, FileStamp> Contents =>
        _contents ??= _files
            .Values.Where(file => file.Role == FileRole.Content)
            .ToDictionary(file => file.Path, file => file.Stamp, StringComparer.Ordinal);

    /// <summary>Whether a file has changed since it was seen, by size, time and identity; no content is read.</summary>
    public bool IsChanged(CancellationToken cancellation)
    {
        if (!_files.ContainsKey(Path))
        {
            return true;
        }

        _order ??= [.. _files.Values.Where(file => file.Role != FileRole.Removed)];
        if (_order.Length < Many)
        {
            return Array.Exists(_order, static file => file.IsChanged());
        }

        var order = _order;
        return !Parallel
            .For(
                0,
                order.Length,
                new ParallelOptions { CancellationToken = cancellation },
                (i, loop) =>
                {
                    if (order[i].IsChanged())
                    {
                        loop.Stop();
                    }
                }
            )
            .IsCompleted;
    }
}

/// <summary>A file of a source.</summary>
internal sealed class KnownFile(string path, FileRole role, FileStamp stamp)
{
    private readonly byte[] _bytes = FileStatus.Bytes(path);

    public string Path { get; } = path;

    public FileRole Role { get; set; } = role;

    /// <summary>The stamp of the file when it was last seen.</summary>
    public FileStamp Stamp { get; set; } = stamp;

    public bool IsChanged() => FileStatus.Of(Path, _bytes) != Stamp;
}
