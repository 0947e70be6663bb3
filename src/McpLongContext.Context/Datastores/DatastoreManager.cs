using McpLongContext.Context.Answers;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting;
using McpLongContext.LongAttention.Unlimiformer;
using McpLongContext.Storage;
using McpLongContext.Storage.Memories;
using McpLongContext.Storage.States;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Datastores;

/// <summary>Lists, shows, reads, trims and checks datastores.</summary>
internal sealed class DatastoreManager(DatastoreRegistry datastores, EncoderProvider encoders, DocumentPaths paths)
{
    private const int RemovedAtOnce = 512;

    /// <summary>All datastores, by name.</summary>
    public IReadOnlyList<DatastoreSummary> List() => [.. datastores.Names.Select(Summarize)];

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
        var states = statistics.Encoders.Where(encoder => encoder.Precision != StatePrecision.Key).ToList();
        var chunks = DatastoreRegistry.ChunksOf(snapshot);
        var summary = new DatastoreSummary
        {
            Name = name,
            Documents = statistics.Documents,
            Passages = (int)statistics.Passages,
            Tokens = states.Sum(encoder => encoder.Tokens),
            Bytes = BytesOf(datastore),
            StateBytes = states.Sum(encoder => encoder.Bytes),
            Memories =
            [
                .. statistics
                    .Encoders.Except(states)
                    .Select(encoder => new MemorySummary(
                        DecoderKeys.ModelOf(encoder.Encoder),
                        snapshot.Keys(encoder.Encoder)?.Tokens ?? 0,
                        encoder.Bytes,
                        PendingDocuments.Count(snapshot, encoder.Encoder)
                    )
                    {
                        LayerBegin = DecoderKeys.LayerOf(encoder.Encoder),
                    }),
                .. snapshot.Memories().Select(memory => Summarize(snapshot, memory)),
            ],
            PendingDocuments = documents.Count(document => !document.Encoded),
            ChunkSize = chunks.Size,
            Overlap = chunks.Overlap,
        };
        return new DatastoreDetail(summary, documents);
    }

    private static MemorySummary Summarize(DatastoreSnapshot snapshot, MemoryEntry memory) =>
        new(
            DecoderKeys.ModelOf(memory.Model),
            memory.Tokens,
            memory.Bytes,
            snapshot.Unremembered(memory.Model, memory.Adapter).Count
        )
        {
            Kind = MemoryKind.Infini,
            Adapter = memory.Adapter.Length > 0 ? memory.Adapter[..12] : null,
        };

    /// <summary>
    /// Removes a document, or all documents beneath a directory: many in several transactions, between which other
    /// processes write. What is removed when it is cancelled stays removed.
    /// </summary>
    /// <exception cref="ContextException">There is none.</exception>
    public RemoveReport Remove(string name, string document, CancellationToken cancellation)
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
            found = Find(snapshot, document) is { } exact
                ? [exact.Path]
                :
                [
                    .. snapshot
                        .Documents.All.Select(candidate => candidate.Path)
                        .Where(candidate => IsBeneath(candidate, document)),
                ];
            if (found.Count == 0)
            {
                throw Unknown(snapshot, name, document);
            }
        }

        foreach (var part in found.Chunk(RemovedAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            datastore.Apply(new Storage.Catalog.CatalogChange { Remove = part });
        }

        return new RemoveReport(name, [.. found.Select(paths.Show)]);
    }

    /// <summary>A document's text, or some lines of it.</summary>
    /// <exception cref="ContextException">There is no such document, or no such line.</exception>
    public DocumentText Read(string name, string document, int? startLine, int? endLine)
    {
        using var snapshot = datastores.Open(name).Snapshot();
        var found = Find(snapshot, document) ?? throw Unknown(snapshot, name, document);
        var lines = LineIndex.Of(snapshot.Passages.TextOf(found));
        var (start, end) = (startLine ?? 1, Math.Min(endLine ?? lines.Count, lines.Count));
        if (start < 1 || start > lines.Count || end < start)
        {
            throw new ContextException(
                $"lines: {start}-{endLine ?? lines.Count} is no range of '{document}', which has lines 1-{lines.Count}."
            );
        }

        var text = lines.Text[lines.Start(start - 1)..lines.Start(end)];
        return new DocumentText(paths.Show(found.Path), start, end, lines.Count, text);
    }

    /// <summary>The document of a path as citations show it, or of its identifying path.</summary>
    public StoredDocument? Find(DatastoreSnapshot snapshot, string document) =>
        snapshot.Documents.TryFind(document, out var text) ? text
        : DocumentPaths.IsPath(document) && snapshot.Documents.TryFind(paths.Identify(document), out var file) ? file
        : null;

    /// <summary>What to say about a document that is not there.</summary>
    public ContextException Unknown(DatastoreSnapshot snapshot, string name, string document)
    {
        var fileName = Path.GetFileName(document);
        var similar = snapshot
            .Documents.All.Where(candidate =>
                fileName.Length > 0
                && Path.GetFileName(candidate.Path).Contains(fileName, StringComparison.OrdinalIgnoreCase)
            )
            .Select(candidate => paths.Show(candidate.Path))
            .Take(3)
            .ToList();
        return new ContextException(
            $"document: '{document}' is not in datastore '{name}'; "
                + (
                    similar.Count > 0
                        ? $"did you mean {string.Join(" or ", similar)}?"
                        : "list_datastores shows what is."
                )
        );
    }

    /// <summary>Checks everything that is stored.</summary>
    public VerifyReport Verify(string name, bool repair, CancellationToken cancellation)
    {
        var damage = datastores.Open(name).Verify(repair, cancellation);
        return new VerifyReport(
            name,
            damage.Count == 0,
            [.. damage.Select(report => $"{paths.Show(report.Where)}: {report.Message}")],
            damage.Count > 0 && damage.All(report => report.Repaired)
        );
    }

    /// <summary>Gives unused space back to the disk.</summary>
    public CompactReport Compact(string name, CancellationToken cancellation)
    {
        var datastore = datastores.Open(name);
        var before = BytesOf(datastore);
        datastore.Compact(cancellation);
        return new CompactReport(name, before, BytesOf(datastore));
    }

    /// <summary>Sets the chunk settings; existing states are dropped when they are to follow.</summary>
    /// <returns>The report without a job.</returns>
    /// <exception cref="ContextException">A setting is out of range.</exception>
    public async Task<ChunkingReport> SetChunkingAsync(ChunkingRequest request, CancellationToken cancellation)
    {
        Require("chunk_size", request.ChunkSize, ChunkSettings.MinSize, encoders.Window);
        Require("overlap", request.Overlap, 0, ChunkSettings.MaxOverlap);
        var datastore = datastores.OpenOrCreate(request.Datastore);
        ChunkSettings chunks;
        using (var snapshot = datastore.Snapshot())
        {
            var current = DatastoreRegistry.ChunksOf(snapshot);
            chunks = new ChunkSettings(request.ChunkSize ?? current.Size, request.Overlap ?? current.Overlap);
            if (chunks != current)
            {
                DatastoreRegistry.SetChunks(datastore, chunks);
            }
        }

        if (request.ApplyToExisting && await encoders.FindAsync(cancellation) is { } encoder)
        {
            datastore.DropStates(encoder.Key);
        }

        using var after = datastore.Snapshot();
        var waiting = PendingDocuments.Count(after, encoders.Key);
        return new ChunkingReport(request.Datastore, chunks.Size, chunks.Overlap, waiting, Job: null);
    }

    private static void Require<T>(string argument, T? value, T least, T most)
        where T : struct, IComparable<T>
    {
        if (value is { } given && !(given.CompareTo(least) >= 0 && given.CompareTo(most) <= 0))
        {
            throw new ContextException($"{argument}: {given} is out of range; use {least} to {most}.");
        }
    }

    /// <summary>Bytes on disk of a datastore, all files together.</summary>
    internal static long BytesOf(Datastore datastore)
    {
        try
        {
            return new DirectoryInfo(datastore.Folder)
                .EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Exists ? file.Length : 0);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // It, or a file of it, was removed meanwhile; the next call says so.
            return 0;
        }
    }

    private bool IsBeneath(string path, string directory)
    {
        var folder = paths.Identify(directory) + Path.DirectorySeparatorChar;
        var bare = directory.TrimEnd('/') + '/';
        return path.StartsWith(folder, StringComparison.Ordinal) || path.StartsWith(bare, StringComparison.Ordinal);
    }
}
