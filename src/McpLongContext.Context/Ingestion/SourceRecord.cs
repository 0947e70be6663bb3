using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using McpLongContext.Storage.Sources;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Ingestion;

/// <summary>Records of an ingest which files of a source it has read, and in which state they were.</summary>
internal sealed class SourceRecord
{
    private readonly Datastore _datastore;
    private readonly StoredSource _source;
    private readonly Dictionary<string, StoredFile> _before;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private SourceRecord(
        Datastore datastore,
        StoredSource source,
        Dictionary<string, StoredFile> before,
        IReadOnlyList<StoredDocument> linked
    ) => (_datastore, _source, _before, Linked) = (datastore, source, before, linked);

    /// <summary>The files and directories that the scan of the source depends on.</summary>
    public ScanTrace Trace { get; } = new();

    /// <summary>Documents that links in the source led to, beside those beneath its path.</summary>
    public IReadOnlyList<StoredDocument> Linked { get; }

    /// <summary>Begins to read a source; it counts when it was read to the end.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="path">The path of the source, links resolved.</param>
    /// <param name="watch">Whether it is watched from now on; <see langword="null"/> leaves that as it is.</param>
    /// <param name="roots">Folders beneath which its files must lie; empty for the roots of the process.</param>
    public static SourceRecord Begin(Datastore datastore, string path, bool? watch, IReadOnlyList<string> roots)
    {
        StoredSource? known;
        Dictionary<string, StoredFile> before;
        List<StoredDocument> linked = [];
        using (var snapshot = datastore.Snapshot())
        {
            known = snapshot.Sources().FirstOrDefault(source => source.Path == path);
            before = snapshot
                .SourceFiles()
                .Where(file => file.Source == path)
                .ToDictionary(file => file.Path, StringComparer.Ordinal);
            foreach (var file in before.Keys.Where(file => !RealPath.IsWithin(file, path)))
            {
                if (snapshot.Documents.TryFind(file, out var document))
                {
                    linked.Add(document);
                }
            }
        }

        var source = new StoredSource(path, known?.IsComplete ?? false, watch ?? known?.IsWatched ?? false)
        {
            Roots = roots,
        };
        datastore.ApplySources(new SourceChange { Sources = [source] });

        return new SourceRecord(datastore, source, before, linked);
    }

    /// <summary>Forgets the sources at and beneath a path at which nothing exists any more.</summary>
    public static void Remove(Datastore datastore, string path)
    {
        using var snapshot = datastore.Snapshot();
        List<string> gone = [.. snapshot.Sources().Select(source => source.Path).Where(IsGone)];
        if (gone.Count > 0)
        {
            datastore.ApplySources(new SourceChange { RemoveSources = gone });
        }

        bool IsGone(string source) => RealPath.IsWithin(source, path);
    }

    /// <summary>The record of a file that was read.</summary>
    public StoredFile Read(string path, FileStamp stamp)
    {
        _read.Add(path);
        return new StoredFile(path, _source.Path, FileRole.Content, stamp);
    }

    /// <summary>Records that the source was read to its end.</summary>
    public void Complete()
    {
        using var snapshot = _datastore.Snapshot();
        var entries = Rows(Trace.Structure, FileRole.Structure).Concat(Rows(Trace.Content, FileRole.Content));
        List<StoredFile> files = [.. entries.Where(file => !_read.Contains(file.Path)).DistinctBy(file => file.Path)];
        var seen = files.Select(file => file.Path).Concat(_read).ToHashSet(StringComparer.Ordinal);
        _datastore.ApplySources(
            new SourceChange
            {
                // What lies in it was read with it, or is left out by its rules.
                RemoveSources =
                [
                    .. snapshot
                        .Sources()
                        .Select(source => source.Path)
                        .Where(path => path != _source.Path && RealPath.IsWithin(path, _source.Path)),
                ],
                RemoveFiles =
                [
                    .. _before.Keys.Where(path => !seen.Contains(path)).Select(path => (_source.Path, path)),
                ],
                Files = files,
                Sources = [_source with { IsComplete = true }],
            }
        );
    }

    private IEnumerable<StoredFile> Rows(IReadOnlyDictionary<string, FileStamp> stamps, FileRole role) =>
        stamps.Select(stamp => new StoredFile(stamp.Key, _source.Path, role, stamp.Value));
}
