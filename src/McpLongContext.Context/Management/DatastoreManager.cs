using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Memories;
using McpLongContext.Storage;
using McpLongContext.Storage.Backups;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Context.Management;

/// <summary>Lists, shows, reads, trims and checks datastores.</summary>
internal sealed class DatastoreManager(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    MemoryRegistry memories,
    JobRegistry jobs,
    DocumentFinder finder,
    DocumentPaths paths
) : IDatastoreManager
{
    private const int RemovedAtOnce = 512;

    /// <summary>All datastores, by name.</summary>
    public IReadOnlyList<DatastoreSummary> List() => [.. datastores.Names.Select(Summarize)];

    /// <inheritdoc/>
    public Task<IReadOnlyList<DatastoreSummary>> ListAsync(CancellationToken cancellation) => Task.FromResult(List());

    /// <summary>One datastore that cannot be read must not hide the others.</summary>
    private DatastoreSummary Summarize(string name)
    {
        try
        {
            return Show(name).Summary;
        }
        catch (DatastoreException error)
        {
            return new DatastoreSummary { Name = name, Problem = error.Message };
        }
    }

    /// <summary>A datastore with its documents, by path.</summary>
    public DatastoreDetail Show(string name)
    {
        var datastore = datastores.Open(name);
        using var snapshot = datastore.Snapshot();
        var pending = PendingDocuments.Contents(snapshot, encoders.Key);
        var documents = snapshot
            .Documents.All.Select(document => new DocumentSummary(
                paths.Show(document.Path),
                StoredKind.Of(document).ToString().ToLowerInvariant(),
                document.LineCount,
                document.Bytes,
                document.PassageCount,
                !pending.Contains(document.ContentKey)
            ))
            .OrderBy(document => document.Path, StringComparer.Ordinal)
            .ToList();
        var statistics = snapshot.Statistics();
        var states = statistics.Encoders.Where(encoder => encoder.Precision != EmbeddingPrecision.Key).ToList();
        var chunks = DatastoreRegistry.ChunksOf(snapshot);
        var summary = new DatastoreSummary
        {
            Name = name,
            Documents = statistics.Documents,
            Passages = (int)statistics.Passages,
            Commits = snapshot.Commits.Count,
            Tokens = states.Sum(encoder => encoder.Tokens),
            Bytes = DatastoreSize.Of(datastore),
            StateBytes = states.Sum(encoder => encoder.Bytes),
            Memories = [.. memories.All.SelectMany(memory => memory.Summarize(snapshot, statistics))],
            PendingDocuments = documents.Count(document => !document.Encoded),
            ChunkSize = chunks.Size,
            Overlap = chunks.Overlap,
        };
        return new DatastoreDetail(summary, documents);
    }

    /// <inheritdoc/>
    /// <remarks>Many are removed in several transactions, between which other processes write.</remarks>
    public Task<RemoveReport> RemoveDocumentAsync(string name, string document, CancellationToken cancellation) =>
        Task.Run(() => RemoveDocument(name, document, cancellation), cancellation);

    private RemoveReport RemoveDocument(string name, string document, CancellationToken cancellation)
    {
        if (!DocumentPaths.IsPath(document))
        {
            throw new ContextException(
                $"document: '{Printable.Path(document)}' is not a path; name a document, or a directory of documents."
            );
        }

        var datastore = datastores.Open(name);
        List<string> found;
        using (var snapshot = datastore.Snapshot())
        {
            found = finder.Find(snapshot, document) is { } exact
                ? [exact.Path]
                :
                [
                    .. snapshot
                        .Documents.All.Select(candidate => candidate.Path)
                        .Where(candidate => IsBeneath(candidate, document)),
                ];
            if (found.Count == 0)
            {
                throw finder.Unknown(snapshot, name, document);
            }
        }

        ForgetHistory(datastore, document);
        foreach (var part in found.Chunk(RemovedAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            datastore.Apply(
                new Storage.Catalog.CatalogChange
                {
                    Remove = part,
                    Sources = new Storage.Sources.SourceChange { RemovedDocuments = part },
                }
            );
        }

        return new RemoveReport(name, [.. found.Select(paths.Show)]);
    }

    /// <summary>A directory that is removed takes the commits of the sources in it along.</summary>
    private void ForgetHistory(Datastore datastore, string document)
    {
        List<string> sources;
        using (var snapshot = datastore.Snapshot())
        {
            sources =
            [
                .. snapshot
                    .Commits.Sources()
                    .Select(source => source.Path)
                    .Where(source => source == paths.Identify(document) || IsBeneath(source, document)),
            ];
        }

        if (sources.Count > 0)
        {
            datastore.RemoveCommits(sources);
        }
    }

    /// <summary>Removes a datastore with everything in it; its running jobs are canceled.</summary>
    /// <exception cref="DatastoreException">There is none with this name.</exception>
    public async Task RemoveAsync(string name, CancellationToken cancellation)
    {
        await jobs.CancelAllAsync(name, cancellation);
        await Task.Run(() => datastores.Remove(name), cancellation);
    }

    /// <summary>A document's text, or some lines of it.</summary>
    /// <exception cref="ContextException">There is no such document, or no such line.</exception>
    public DocumentText Read(
        string name,
        string document,
        int? startLine,
        int? endLine,
        (int Start, int End)? columns = null
    )
    {
        using var snapshot = datastores.Open(name).Snapshot();
        var (path, content) = ContentOf(snapshot, name, document);
        var lines = LineIndex.Of(content);
        var (start, end) = (startLine ?? 1, Math.Min(endLine ?? lines.Count, lines.Count));
        if (start < 1 || start > lines.Count || end < start)
        {
            throw new ContextException(
                $"lines: {start}-{endLine ?? lines.Count} is no range of '{document}', which has lines 1-{lines.Count}."
            );
        }

        var text = lines.Text[lines.Start(start - 1)..lines.Start(end)];
        if (columns is { } part)
        {
            text = ColumnsOf(text, part, document, start, end);
        }

        return new DocumentText(path, start, end, lines.Count, text);
    }

    /// <summary>The shown path and the text of a document, or of a commit by its name in citations.</summary>
    private (string Path, string Text) ContentOf(DatastoreSnapshot snapshot, string name, string document)
    {
        if (finder.Find(snapshot, document) is { } found)
        {
            return (paths.Show(found.Path), snapshot.Passages.TextOf(found));
        }

        return CommitText.HashOf(document) is { } hash && snapshot.Commits.Find(hash, 1) is [var commit]
            ? (CommitText.NameOf(commit.Commit), CommitText.Of(commit.Commit))
            : throw finder.Unknown(snapshot, name, document);
    }

    private static string ColumnsOf(string text, (int Start, int End) columns, string document, int start, int end)
    {
        var line = text.TrimEnd('\r', '\n');
        var characters = line.EnumerateRunes().Count();
        if (start != end || columns.Start < 1 || columns.Start > characters || columns.End < columns.Start)
        {
            throw new ContextException(
                $"columns: {columns.Start}-{columns.End} is no range of line {start} of '{document}', which has columns "
                    + $"1-{characters}; columns go with a single line."
            );
        }

        return string.Concat(
            line.EnumerateRunes()
                .Skip(columns.Start - 1)
                .Take(columns.End - columns.Start + 1)
                .Select(rune => rune.ToString())
        );
    }

    /// <summary>Checks everything that is stored.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="repair">Whether what is damaged is dropped, so that the next ingest renews it.</param>
    /// <param name="cancellation">Ends the check.</param>
    public Task<VerifyReport> VerifyAsync(string name, bool repair, CancellationToken cancellation) =>
        Task.Run(() => Verify(name, repair, cancellation), cancellation);

    private VerifyReport Verify(string name, bool repair, CancellationToken cancellation)
    {
        var damage = datastores.Open(name).Verify(repair, cancellation);
        return new VerifyReport(
            name,
            damage.Count == 0,
            [
                .. damage.Select(report =>
                    report with
                    {
                        Where = paths.Show(report.Where),
                        Documents = [.. report.Documents.Select(paths.Show)],
                    }
                ),
            ],
            damage.Count > 0 && damage.All(report => report.Repaired)
        );
    }

    /// <summary>Writes a datastore into one file.</summary>
    /// <exception cref="DatastoreException">The datastore cannot be read, or the file cannot be written.</exception>
    public Task<BackupReport> BackUpAsync(string name, string file, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                DatastoreBackup.Write(datastores.Open(name), file, cancellation);
                return new BackupReport(name, file, new FileInfo(file).Length);
            },
            cancellation
        );

    /// <summary>Makes a datastore of a backup.</summary>
    /// <exception cref="DatastoreException">The file is no backup, or the name is taken.</exception>
    public Task<DatastoreSummary> RestoreAsync(string file, string name, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                datastores.Restore(file, name);
                return Show(name).Summary;
            },
            cancellation
        );

    /// <summary>Gives unused space back to the disk.</summary>
    public Task<CompactReport> CompactAsync(string name, CancellationToken cancellation) =>
        Task.Run(() => Compact(name, cancellation), cancellation);

    private CompactReport Compact(string name, CancellationToken cancellation)
    {
        var datastore = datastores.Open(name);
        var before = DatastoreSize.Of(datastore);
        datastore.Compact(cancellation);
        return new CompactReport(name, before, DatastoreSize.Of(datastore));
    }

    private bool IsBeneath(string path, string directory)
    {
        var folder = paths.Identify(directory) + Path.DirectorySeparatorChar;
        var bare = directory.TrimEnd('/') + '/';
        return path.StartsWith(folder, StringComparison.Ordinal) || path.StartsWith(bare, StringComparison.Ordinal);
    }
}
