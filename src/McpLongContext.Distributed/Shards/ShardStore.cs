using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Context.Retrieval;
using McpLongContext.Distributed.Messages;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Distributed.Shards;

/// <summary>A copy of a shard on this silo: an ordinary datastore.</summary>
internal sealed class ShardStore(
    Func<Datastore> open,
    SharedEncoder encoder,
    EncodingDemand demand,
    ShardEncoding encoding,
    DocumentPaths paths,
    ScratchFiles scratch
) : IDisposable
{
    private const int RemovedAtOnce = 256;
    private const int SegmentPart = 4 * 1024 * 1024;

    private readonly SemaphoreSlim _writing = new(1);
    private int _catchingUp;
    private long _layoutVersion;
    private Digest? _digest;

    /// <summary>The contents of the copy.</summary>
    public ShardState Describe()
    {
        var datastore = open();
        using var snapshot = datastore.Snapshot();
        var statistics = snapshot.Statistics();
        var embeddings = statistics.Encoders.Where(one => one.Precision != EmbeddingPrecision.Key).ToList();
        return new ShardState(
            snapshot.Generation,
            snapshot.NextPassage,
            DigestOf(snapshot),
            snapshot.Documents.All.Count,
            (int)snapshot.Documents.PassageCount,
            PendingDocuments.Count(snapshot, encoder.Key),
            encoder.Key is not null,
            encoding.Problem,
            embeddings.Sum(one => one.Tokens),
            DatastoreSize.Of(datastore),
            embeddings.Sum(one => one.Bytes)
        );
    }

    /// <summary>Encodes what is pending, in the background; nothing that another copy may have encoded.</summary>
    public void Encode()
    {
        if (Volatile.Read(ref _catchingUp) == 0)
        {
            encoding.RunAsync().Ignore();
        }
    }

    /// <summary>The documents at and beneath a path; all without one.</summary>
    public ShardListing List(string? root)
    {
        using var snapshot = open().Snapshot();
        var symbols = snapshot.Symbols.Current(SymbolScanner.Version);
        return new ShardListing(
            [
                .. snapshot
                    .Documents.All.Where(document => root is null || RealPath.IsWithin(document.Path, root))
                    .Select(document => new ListedDocument(
                        ShardDocument.Of(document),
                        document.PassageCount == 0 || symbols.Contains(document.FirstPassage)
                    )),
            ],
            [.. snapshot.Sources().Select(source => source.Path)]
        );
    }

    /// <summary>Changes the shard durably.</summary>
    public async Task<ShardChangeResult> ApplyAsync(ShardChange change)
    {
        await _writing.WaitAsync();
        try
        {
            if (change.LayoutVersion < _layoutVersion)
            {
                throw new LayoutChangedException();
            }

            var result = Apply(open(), change);
            Encode();
            return new ShardChangeResult(result.Added, result.Updated, result.Unchanged, result.Removed);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Refuses changes by an older layout from now on.</summary>
    public async Task FenceAsync(long layoutVersion)
    {
        await _writing.WaitAsync();
        _layoutVersion = Math.Max(_layoutVersion, layoutVersion);
        _writing.Release();
    }

    /// <summary>Reads whole documents; those that are gone or damaged are left out.</summary>
    public NewShardDocument[] ReadDocuments(string[] wanted)
    {
        using var snapshot = open().Snapshot();
        var documents = new List<NewShardDocument>(wanted.Length);
        foreach (var path in wanted)
        {
            if (
                snapshot.Documents.TryFind(path, out var document)
                && NewShardDocument.Of(snapshot, document, SymbolScanner.Version) is { } whole
            )
            {
                documents.Add(whole);
            }
        }

        return [.. documents];
    }

    /// <summary>
    /// Makes this copy hold what another one does. One that was empty takes over the embeddings, others compute those that
    /// they lack afterwards.
    /// </summary>
    /// <param name="source">The other copy.</param>
    /// <exception cref="ShardUnavailableException">The other copy does not answer, or nothing can be stored.</exception>
    public async Task CatchUpAsync(IShardGrain source)
    {
        Interlocked.Increment(ref _catchingUp);
        try
        {
            if (await CopyDocumentsAsync(source))
            {
                await SegmentTransfer.CopyAsync(source, open(), scratch);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _catchingUp);
        }

        Encode();
    }

    /// <summary>The segments with embeddings; <see langword="null"/> where there are none.</summary>
    public ShardSegments? Segments()
    {
        using var snapshot = open().Snapshot();
        return encoder.Key is { } key && snapshot.Embeddings(key)?.Encoder is { } profile
            ? new ShardSegments(
                key,
                profile.Mean.ToArray(),
                profile.Deviation.ToArray(),
                [.. snapshot.EmbeddingFiles(key).Select(file => Path.GetFileName(file))]
            )
            : null;
    }

    /// <summary>A part of a segment; empty after its end.</summary>
    /// <exception cref="ShardUnavailableException">A compaction has retired the segment.</exception>
    public byte[] ReadSegment(string file, long offset)
    {
        using var snapshot = open().Snapshot();
        var path = encoder.Key is { } key
            ? snapshot.EmbeddingFiles(key).FirstOrDefault(one => Path.GetFileName(one) == file)
            : null;
        if (path is null)
        {
            throw new ShardUnavailableException("its segments were merged meanwhile: try again");
        }

        using var stream = File.OpenRead(path);
        var part = new byte[Math.Clamp(stream.Length - offset, 0, SegmentPart)];
        stream.Position = offset;
        stream.ReadExactly(part);
        return part;
    }

    /// <summary>Begins a question to what is stored now.</summary>
    /// <exception cref="ShardUnavailableException">The silo has not the encoder of the question.</exception>
    /// <returns>The question, and the digest of the documents.</returns>
    public async Task<(ShardQuery Query, ulong Digest)> AskAsync(ShardRequest request, CancellationToken cancellation)
    {
        RetrievalEncoder? own = null;
        if (request.Embeddings is { } query)
        {
            own = await encoder.FindAsync(cancellation);
            if (own?.Key != query.Encoder)
            {
                throw new ShardUnavailableException(
                    "it has not the encoder of the silo that asks: install the same encoder on all silos"
                );
            }
        }

        var snapshot = open().Snapshot();
        try
        {
            return (new ShardQuery(snapshot, request, own?.Telling(demand), paths, cancellation), DigestOf(snapshot));
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies the documents of another copy. What is written to both meanwhile is kept: its own documents are listed
    /// first, and one that has changed since is as new as any.
    /// </summary>
    /// <returns>Whether this copy was empty.</returns>
    private async Task<bool> CopyDocumentsAsync(IShardGrain source)
    {
        var own = List(root: null).Documents.ToDictionary(one => one.Document.Path, StringComparer.Ordinal);
        var wanted = await source.ListAsync(root: null);
        var kept = wanted.Documents.Select(one => one.Document.Path).ToHashSet(StringComparer.Ordinal);
        var datastore = open();
        var sources = wanted.Sources.Select(SourceOf).ToList();
        await ExclusivelyAsync(() => datastore.ApplySources(new SourceChange { Sources = sources }));
        foreach (var gone in own.Keys.Where(path => !kept.Contains(path)).Chunk(RemovedAtOnce))
        {
            await ExclusivelyAsync(() =>
                datastore.Apply(new CatalogChange { Remove = Unchanged(datastore, own, gone) })
            );
        }

        var missing = wanted
            .Documents.Where(one =>
                !own.TryGetValue(one.Document.Path, out var mine) || !AreEqual(mine.Document, one.Document)
            )
            .OrderBy(one => one.Document.FirstPassage)
            .ThenBy(one => one.Document.Id);
        foreach (var part in DocumentParts.Cut(missing, one => one.Document.Bytes))
        {
            var documents = await source.ReadDocumentsAsync([.. part.Select(one => one.Document.Path)]);
            await ExclusivelyAsync(() =>
            {
                var unchanged = Unchanged(datastore, own, [.. documents.Select(one => one.Document.Path)]);
                var put = documents.Where(one => unchanged.Contains(one.Document.Path)).ToList();

                // One that has the same content under other ids is put anew. A damaged one of the source was not read.
                datastore.Apply(new CatalogChange { Remove = [.. unchanged.Where(own.ContainsKey)] });
                datastore.Apply(new CatalogChange { Put = [.. put.Select(one => one.ToDocument())] });
            });
        }

        return own.Count == 0;
    }

    /// <summary>A source whose files are on the silo that ingests it; equal places of sources share passages.</summary>
    private static StoredSource SourceOf(string path) => new(path, IsComplete: true, IsWatched: false);

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    /// <summary>Those of some paths at which nothing was written since the documents were listed.</summary>
    private static string[] Unchanged(Datastore datastore, Dictionary<string, ListedDocument> listed, string[] paths)
    {
        using var snapshot = datastore.Snapshot();
        return
        [
            .. paths.Where(path =>
                snapshot.Documents.TryFind(path, out var now)
                    ? listed.TryGetValue(path, out var before) && AreEqual(before.Document, ShardDocument.Of(now))
                    : !listed.ContainsKey(path)
            ),
        ];
    }

    private static bool AreEqual(ShardDocument left, ShardDocument right) =>
        left.FirstPassage == right.FirstPassage
        && left.Kind == right.Kind
        && left.ContentKey.AsSpan().SequenceEqual(right.ContentKey);

    private static CatalogChangeResult Apply(Datastore datastore, ShardChange change)
    {
        if (change.Source is { } source)
        {
            datastore.ApplySources(new SourceChange { Sources = [SourceOf(source)] });
        }

        return change.Put.Length == 0 && change.Remove.Length == 0
            ? default
            : datastore.Apply(
                new CatalogChange { Put = [.. change.Put.Select(one => one.ToDocument())], Remove = change.Remove }
            );
    }

    private async Task ExclusivelyAsync(Action write)
    {
        await _writing.WaitAsync();
        try
        {
            write();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The sum of the hashes of all documents, whatever their order.</summary>
    /// <remarks>Not kept by generation: a datastore that is made anew counts from the start.</remarks>
    private ulong DigestOf(DatastoreSnapshot snapshot)
    {
        if (_digest is { } known && ReferenceEquals(known.Documents, snapshot.Documents))
        {
            return known.Sum;
        }

        var digest = 0UL;
        foreach (var document in snapshot.Documents.All)
        {
            var identity = $"{document.Path}\0{document.Kind}\0{document.ContentKey}\0{document.FirstPassage}";
            digest += BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
        }

        _digest = new Digest(snapshot.Documents, digest);
        return digest;
    }

    /// <summary>Replaced as a whole: questions read it while others compute it.</summary>
    private sealed record Digest(DocumentTable Documents, ulong Sum);
}
