using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Files;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting;
using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Context.Jobs;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sources;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// The first stage of an ingest: files are read, compared with what is stored, split and indexed, so that every
/// document is searchable lexically. Reading and splitting run on all cores, while what was read before is stored;
/// documents are stored in the order of the scan, in batches, each of which is durable before the next is written.
/// </summary>
internal sealed class Indexer(AllowedRoots roots, DocumentPaths paths, TimeProvider time)
{
    private const int FilesInFlight = 32;
    private const int BatchDocuments = 512;
    private const long BatchBytes = 4 * 1024 * 1024;

    private readonly DocumentReader _reader = new(roots);

    /// <summary>Finds the files of a source.</summary>
    public SourceScanner Scanner { get; } = new(roots, GitUserFiles.OfProcess());

    /// <summary>Indexes files and directories; documents that vanished from a directory are removed.</summary>
    /// <param name="datastore">Receives the documents.</param>
    /// <param name="path">A file or directory, absolute.</param>
    /// <param name="request">Says whether it is watched from now on, and beneath which roots its files must lie.</param>
    /// <param name="job">Told about every batch; its cancellation stops between files.</param>
    /// <exception cref="ContextException">The path does not exist or is outside the allowed roots.</exception>
    public async Task IndexPathAsync(Datastore datastore, string path, IngestRequest request, IngestJob job)
    {
        var root = roots.Resolve(path);
        var (stored, current) = DocumentsBeneath(datastore, root);
        var contents = ContentsOf(datastore);
        var record = SourceRecord.Begin(datastore, root, request.Watch, request.Roots);
        await using var batch = new Batch(datastore, record, job);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var doubtful = new List<string>();
        var entries = Scanner.Scan(root, record.Trace, job.Cancellation);
        await foreach (var source in ReadAsync(entries, current, contents, job.Cancellation))
        {
            if (source.Skipped is { } skipped)
            {
                await batch.SkipAsync(new SkippedFile(Printable.Path(paths.Show(skipped.Path)), skipped.Reason));
            }

            if (source.StaysStored)
            {
                found.Add(source.Path);
            }

            if (source.Doubt is not null)
            {
                doubtful.Add(paths.Show(source.Path));
            }

            await batch.AddAsync(source, stored.GetValueOrDefault(source.Path));
        }

        await batch.CompleteAsync();
        batch.Remove(
            stored
                .Values.Concat(record.Linked)
                .Where(document => !WithParents(document.Path).Any(found.Contains))
                .OrderBy(document => document.Path, StringComparer.Ordinal)
        );
        record.Complete();
        NoteDoubts(doubtful, job);
    }

    private static void NoteDoubts(List<string> doubtful, IngestJob job)
    {
        if (doubtful.Count == 0)
        {
            return;
        }

        const int Named = 5;
        var more = doubtful.Count > Named ? $" and {doubtful.Count - Named} more" : "";
        var names = string.Join(", ", doubtful.Take(Named)) + more;
        job.Update(report =>
            report with
            {
                Notes = [.. report.Notes, $"The encoding is not certain, convert to UTF-8 to be sure: {names}."],
            }
        );
    }

    /// <summary>Removes what is stored of a path at which nothing exists any more.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="path">The path, absolute.</param>
    /// <param name="job">Told about it.</param>
    public async Task RemovePathAsync(Datastore datastore, string path, IngestJob job)
    {
        var (stored, _) = DocumentsBeneath(datastore, path);
        SourceRecord.Remove(datastore, path);
        await using var batch = new Batch(datastore, record: null, job);
        batch.Remove(stored.Values.OrderBy(document => document.Path, StringComparer.Ordinal));
        var what =
            stored.Count == 1 && stored.ContainsKey(path) ? "its document was" : $"{stored.Count} documents were";
        job.Update(report =>
            report with
            {
                Notes =
                [
                    .. report.Notes,
                    $"Nothing exists at {Printable.Path(paths.Show(path))} any more: {what} removed from the datastore.",
                ],
            }
        );
    }

    /// <summary>Whether something is stored of a path or what lay beneath it.</summary>
    public static bool IsStored(Datastore datastore, string path) => DocumentsBeneath(datastore, path).Stored.Count > 0;

    /// <summary>Indexes a text under a name.</summary>
    /// <exception cref="ContextException">The text is empty or too long, or the name is no document name.</exception>
    public async Task IndexTextAsync(Datastore datastore, string name, string text, IngestJob job)
    {
        var document = PrepareText(name, text);
        StoredDocument? stored = null;
        using (var snapshot = datastore.Snapshot())
        {
            snapshot.Documents.TryFind(name, out stored);
        }

        await using var batch = new Batch(datastore, record: null, job);
        await batch.AddAsync(
            new Source(name)
            {
                StaysStored = true,
                Bytes = document.Bytes,
                Document = document,
            },
            stored
        );
        await batch.CompleteAsync();
    }

    /// <summary>The document of a text under a name.</summary>
    /// <exception cref="ContextException">The text is empty or too long, or the name is no document name.</exception>
    public NewDocument PrepareText(string name, string text) =>
        Prepare(SourceDocument.FromText(name, text), name, time.GetUtcNow());

    /// <summary>The key of a content: equal for contents that are read and split alike, wherever they lie.</summary>
    private static ContentKey KeyOf(SourceDocument document, string path) =>
        new(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    $"{PassageSplitter.Version} {document.StoredKind}{document.Format?.Version} {Path.GetExtension(path)} {document.ContentHash}"
                )
            )
        );

    private static NewDocument Prepare(SourceDocument document, string path, DateTimeOffset modified)
    {
        var passages = PassageSplitter.Split(document.Text, document.Kind, path);
        if (document.Extracted is { Marks.Count: > 0 } text)
        {
            passages = LocatedPassages.Of(passages, text, document.Format!.KeepsLines);
        }

        return new NewDocument
        {
            Path = path,
            Kind = document.StoredKind,
            ContentKey = KeyOf(document, path),
            Bytes = document.Bytes,
            Modified = modified,
            LineCount = LineIndex.CountOf(document.Text),
            Passages =
            [
                .. passages.Select(p => new NewPassage(
                    p.StartLine,
                    p.EndLine,
                    p.Text,
                    WithDoubt(p.Context, document.Doubt)
                )
                {
                    Symbols = p.Symbols,
                }),
            ],
            SymbolVersion = SymbolScanner.Version,
        }.Analyze();
    }

    /// <summary>Evidence from a text whose encoding is not certain says so.</summary>
    private static string WithDoubt(string context, string? doubt) =>
        doubt is null ? context
        : context.Length == 0 ? $"({doubt})"
        : $"{context} ({doubt})";

    /// <summary>A path, the directory that holds it, and so on up to the root.</summary>
    internal static IEnumerable<string> WithParents(string path)
    {
        for (var part = path; part is not null; part = Path.GetDirectoryName(part))
        {
            yield return part;
        }
    }

    /// <summary>
    /// The documents by path, and of those whose symbols this program found the keys: only these can be unchanged.
    /// </summary>
    internal static (
        Dictionary<string, StoredDocument> Stored,
        Dictionary<string, ContentKey> Current
    ) DocumentsBeneath(Datastore datastore, string root)
    {
        using var snapshot = datastore.Snapshot();
        var symbols = snapshot.Symbols.Current(SymbolScanner.Version);
        var stored = snapshot
            .Documents.All.Where(document => RealPath.IsWithin(document.Path, root))
            .ToDictionary(document => document.Path, StringComparer.Ordinal);
        var current = stored
            .Values.Where(document => document.PassageCount == 0 || symbols.Contains(document.FirstPassage))
            .ToDictionary(document => document.Path, document => document.ContentKey, StringComparer.Ordinal);
        return (stored, current);
    }

    private static StoredContents ContentsOf(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        return new StoredContents(datastore, snapshot.Documents);
    }

    /// <summary>Reads what the scan finds, several files at once, and hands it on in the order of the scan.</summary>
    internal async IAsyncEnumerable<Source> ReadAsync(
        IEnumerable<SourceEntry> entries,
        IReadOnlyDictionary<string, ContentKey> current,
        StoredContents? contents,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reads = Channel.CreateBounded<Task<Source>>(FilesInFlight);
        var scan = Task.Run(
            async () =>
            {
                try
                {
                    foreach (var entry in entries)
                    {
                        var read = Task.Run(() => Read(entry, current, contents, stopping.Token), stopping.Token);
                        await reads.Writer.WriteAsync(read, stopping.Token);
                    }

                    reads.Writer.Complete();
                }
#pragma warning disable CA1031 // The reader of the channel throws it.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    reads.Writer.Complete(error);
                }
            },
            stopping.Token
        );
        try
        {
            await foreach (var read in reads.Reader.ReadAllAsync(cancellation))
            {
                yield return await read;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await scan.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads a file that a scan has found, and prepares its document where it is not the stored one.</summary>
    /// <param name="entry">The file; or why it is none.</param>
    /// <param name="current">The contents of stored documents that this program has split.</param>
    /// <param name="contents">The contents stored under any path; <see langword="null"/>: none is copied.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public Source Read(
        SourceEntry entry,
        IReadOnlyDictionary<string, ContentKey> current,
        StoredContents? contents,
        CancellationToken cancellation
    )
    {
        if (entry is not SourceFile file)
        {
            return Source.Of((SkippedSource)entry);
        }

        var stamp = FileStatus.BeforeReading(file.Path);
        // Only formats are asked for: a plain text is split as fast as its passages are read.
        NewDocument? copy = null;
        if (!_reader.TryRead(file, out var document, out var skipped, IsStored, cancellation))
        {
            return Source.Of(skipped) with { Stamp = skipped.IsTransient ? FileStamp.Missing : stamp };
        }

        return new Source(entry.Path)
        {
            StaysStored = true,
            Stamp = stamp,
            Bytes = document.Bytes,
            Doubt = document.Doubt,
            Document = IsUnchanged(document) ? null : copy ?? Prepare(document, file.Path, file.Modified),
        };

        bool IsStored(SourceDocument read) =>
            IsUnchanged(read) || (copy = contents?.Copy(KeyOf(read, file.Path), file.Path, file.Modified)) is not null;

        bool IsUnchanged(SourceDocument read) =>
            current.TryGetValue(file.Path, out var before) && before == KeyOf(read, file.Path);
    }

    /// <summary>The outcome for an entry of the scan.</summary>
    internal sealed record Source(string Path)
    {
        public SkippedSource? Skipped { get; init; }

        /// <summary>
        /// Whether what is stored at or beneath the path stays: it was read, or only could not be read now.
        /// </summary>
        public bool StaysStored { get; init; }

        public long Bytes { get; init; }

        /// <summary>
        /// The stamp of the file before it was read, that of nothing where it could not be read now;
        /// <see langword="null"/>: the scan left it out.
        /// </summary>
        public FileStamp? Stamp { get; init; }

        /// <summary>The uncertainty about the encoding.</summary>
        public string? Doubt { get; init; }

        /// <summary>The document to store; none when it was skipped or is unchanged.</summary>
        public NewDocument? Document { get; init; }

        public static Source Of(SkippedSource skipped) =>
            new(skipped.Path) { Skipped = skipped, StaysStored = skipped.IsTransient };
    }

    /// <summary>
    /// Collects documents into transactions of a handy size, and the job's counts with them. A transaction is written
    /// while the next one is collected.
    /// </summary>
    private sealed class Batch(Datastore datastore, SourceRecord? record, IngestJob job) : IAsyncDisposable
    {
        private readonly Dictionary<ContentKey, int> _added = [];
        private List<NewDocument> _documents = [];
        private List<SkippedFile> _skipped = [];
        private List<StoredFile> _files = [];
        private long _bytes;
        private long _pendingBytes;
        private int _unchanged;
        private Task _writing = Task.CompletedTask;

        public async Task SkipAsync(SkippedFile file)
        {
            _skipped.Add(file);
            if (_skipped.Count >= BatchDocuments)
            {
                await FlushAsync();
            }
        }

        public async Task AddAsync(Source source, StoredDocument? stored)
        {
            _bytes += source.Bytes;
            if (record is not null && source.Stamp is { } stamp)
            {
                _files.Add(record.Read(source.Path, stamp));
            }

            if (source.Document is not { } document)
            {
                _unchanged += source.Skipped is null ? 1 : 0;
                return;
            }

            _documents.Add(document);
            if (stored is null)
            {
                _added[document.ContentKey] = _added.GetValueOrDefault(document.ContentKey) + 1;
            }

            _pendingBytes += document.Bytes;
            if (_documents.Count >= BatchDocuments || _pendingBytes >= BatchBytes)
            {
                await FlushAsync();
            }
        }

        /// <summary>Ends when everything is stored.</summary>
        public async Task CompleteAsync()
        {
            await FlushAsync();
            await _writing;
        }

        /// <summary>Ends when nothing is being written any more, however it ended.</summary>
        public async ValueTask DisposeAsync() => await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        /// <summary>Begins to write what was collected, when what was collected before is stored.</summary>
        private async Task FlushAsync()
        {
            await _writing;
            job.Cancellation.ThrowIfCancellationRequested();
            var (documents, files, skipped, bytes, unchanged) = (_documents, _files, _skipped, _bytes, _unchanged);
            _writing = Task.Run(() => Write(documents, files, skipped, bytes, unchanged));
            (_documents, _files, _skipped, _bytes, _unchanged, _pendingBytes) = ([], [], [], 0, 0, 0);
        }

        private void Write(
            List<NewDocument> documents,
            List<StoredFile> files,
            List<SkippedFile> skipped,
            long bytes,
            int unchanged
        )
        {
            var change = files.Count == 0 ? null : new SourceChange { Files = files };
            var result = default(CatalogChangeResult);
            if (documents.Count > 0)
            {
                result = datastore.Apply(new CatalogChange { Put = documents, Sources = change });
            }
            else if (change is not null)
            {
                datastore.ApplySources(change);
            }

            job.Update(report =>
                report with
                {
                    Added = report.Added + result.Added,
                    Updated = report.Updated + result.Updated,
                    Unchanged = report.Unchanged + unchanged + result.Unchanged,
                    Bytes = report.Bytes + bytes,
                    PendingDocuments = report.PendingDocuments + result.Added + result.Updated,
                    Skipped = SkippedFiles.Append(report.Skipped, skipped),
                    SkippedCount = report.SkippedCount + skipped.Count,
                }
            );
        }

        /// <summary>
        /// Removes documents, as many at once as are stored at once, so that no other process waits for long; one whose
        /// content was added under another path counts as renamed.
        /// </summary>
        public void Remove(IEnumerable<StoredDocument> documents)
        {
            foreach (var gone in documents.Chunk(BatchDocuments))
            {
                job.Cancellation.ThrowIfCancellationRequested();
                datastore.Apply(new CatalogChange { Remove = [.. gone.Select(document => document.Path)] });
                var renamed = 0;
                foreach (var document in gone.Where(document => _added.GetValueOrDefault(document.ContentKey) > 0))
                {
                    _added[document.ContentKey]--;
                    renamed++;
                }

                job.Update(report =>
                    report with
                    {
                        Added = report.Added - renamed,
                        Renamed = report.Renamed + renamed,
                        Removed = report.Removed + gone.Length - renamed,
                    }
                );
            }
        }
    }
}
