using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.CompressiveMemories;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// A persistent corpus: documents, their passages, a lexical index and token embeddings. Several threads and processes
/// may use it at once. What a call has stored when it returns survives a crash; a call that fails has stored nothing.
/// </summary>
public sealed class Datastore : IDisposable
{
    /// <summary>
    /// After so many publications the segments are merged, which copies an embedding a few times in all.
    /// </summary>
    private const int SegmentsBeforeMerge = 32;

    private readonly Lock _writing = new();
    private readonly Database _writer;
    private readonly DatastoreIdentity _identity;
    private readonly CatalogWriter _catalog;
    private readonly SnapshotSource _snapshots;
    private volatile bool _disposed;

    private Datastore(string name, string folder, TimeProvider time, ISearchDevices? devices)
    {
        Name = name;
        Folder = folder;
        _writer = Database.Open(DatastoreIdentity.DatabasePath(folder), create: false);
        try
        {
            Schema.Require(_writer);
            _identity = new DatastoreIdentity(name, folder, _writer);
            _identity.Require(_writer);
            Schema.Complete(_writer);
            CompressiveMemoryTable.Create(_writer);
            SymbolWriter.Create(_writer);
            SourceTable.Create(_writer);
            CommitTable.Create(_writer);
            LexicalWriter.Create(_writer);
            LexicalWriter.Refresh(_writer);
            SegmentFolder.RemoveOrphans(_writer, SegmentsFolder, time);
            _catalog = new CatalogWriter(_writer);
            _snapshots = new SnapshotSource(_identity, SegmentsFolder, devices);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>The name in its home.</summary>
    public string Name { get; }

    /// <summary>The folder that holds its files.</summary>
    public string Folder { get; }

    /// <summary>
    /// A random positive number that the datastore has from its making on: one of the same name that was made anew has
    /// another.
    /// </summary>
    public long Identity => _identity.Value;

    /// <summary>
    /// Whether it was removed, here or by another process. Then it takes no more changes and snapshots, even when one
    /// of the same name was made since.
    /// </summary>
    public bool IsRemoved
    {
        get
        {
            lock (_writing)
            {
                return _disposed || _identity.IsGone(_writer);
            }
        }
    }

    /// <summary>
    /// Takes a consistent view of everything published by now; later changes do not show in it. Dispose it soon:
    /// while it is open, the database's log cannot be trimmed.
    /// </summary>
    /// <exception cref="DatastoreException">The datastore cannot be read.</exception>
    public DatastoreSnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _snapshots.Take();
    }

    /// <summary>
    /// Removes and puts documents in one transaction. Compressive memories that hold what is no longer there are
    /// dropped with it.
    /// </summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public CatalogChangeResult Apply(CatalogChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var (result, stale) = Write(database =>
        {
            var result = _catalog.Apply(change);
            if (change.Sources is { } sources)
            {
                SourceTable.Apply(database, sources);
            }

            return (result, CompressiveMemoryTable.DropStale(database));
        });
        stale.ForEach(DeleteEmbeddings);
        return result;
    }

    /// <summary>Changes the table of sources alone: no new generation of the documents.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public void ApplySources(SourceChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Maintain(database =>
            database.Write(() =>
            {
                _identity.Require(database);
                SourceTable.Apply(database, change);
            })
        );
    }

    /// <summary>Changes the commits of a source in one transaction.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public void ApplyCommits(CommitChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Maintain(database =>
            database.Write(() =>
            {
                _identity.Require(database);
                CommitTable.Apply(database, change);
            })
        );
    }

    /// <summary>Forgets the commits of sources; their documents stay.</summary>
    /// <exception cref="DatastoreException">Nothing was changed; the message says why.</exception>
    public void RemoveCommits(IReadOnlyList<string> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        Maintain(database =>
            database.Write(() =>
            {
                _identity.Require(database);
                foreach (var source in sources)
                {
                    CommitTable.RemoveSource(database, source);
                }
            })
        );
    }

    /// <summary>
    /// Begins to write token embeddings of an encoder, which is registered with its first use. The key of the profile
    /// names it for <see cref="DatastoreSnapshot.Embeddings"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The profile is not valid.</exception>
    /// <exception cref="DatastoreException">The key is taken by an encoder with another profile.</exception>
    public EmbeddingWriter WriteEmbeddings(EmbeddingProfile encoder)
    {
        Register(encoder, hasKeys: false);
        return new EmbeddingWriter(this, encoder);
    }

    /// <summary>
    /// Begins to write keys of a decoder, which is registered with its first use. The key of the profile names it for
    /// <see cref="DatastoreSnapshot.Keys"/>.
    /// </summary>
    /// <param name="encoder">Made by <see cref="EmbeddingProfile.OfKeys(string, int)"/> or with a mean.</param>
    /// <param name="planes">Vectors a token.</param>
    /// <exception cref="ArgumentException">The profile is not valid.</exception>
    /// <exception cref="DatastoreException">The key is taken by an encoder with another profile.</exception>
    public KeyWriter WriteKeys(EmbeddingProfile encoder, int planes = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(planes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(planes, KeyShape.MaxPlanes);
        Register(encoder, hasKeys: true);
        return new KeyWriter(this, encoder, planes);
    }

    /// <summary>Forgets the embeddings under an encoder's key, so that everything is pending for it again.</summary>
    /// <exception cref="DatastoreException">Nothing was changed; the message says why.</exception>
    public void DropEmbeddings(string encoder) =>
        Write(database =>
        {
            EmbeddingProfile.Drop(database, encoder);
            return true;
        });

    /// <summary>
    /// Reads the compressive memory of a model and an adapter, with its entry; <see langword="null"/> when there is
    /// none.
    /// </summary>
    /// <exception cref="DatastoreException">The compressive memory is damaged, or of another shape.</exception>
    public (CompressiveMemoryEntry Entry, float[] State)? ReadMemory(CompressiveMemoryProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        CompressiveMemoryProfile.Require(profile);
        for (string? replaced = null; ; )
        {
            CompressiveMemoryEntry? entry;
            using (var snapshot = Snapshot())
            {
                entry = snapshot.Memory(profile);
            }

            if (entry is null)
            {
                return null;
            }

            var path = Path.Combine(SegmentsFolder, entry.File);
            try
            {
                return (entry, CompressiveMemoryFile.Read(path, profile));
            }
            catch (FileNotFoundException) when (entry.File != replaced)
            {
                // Another process has put a newer one into its place meanwhile.
                replaced = entry.File;
            }
            catch (FileNotFoundException e)
            {
                throw new DatastoreException(
                    $"The compressive memory '{path}' is missing. Verify the datastore with repair, then build the "
                        + "compressive memory again.",
                    e
                );
            }
        }
    }

    /// <summary>
    /// Stores a compressive memory durably in the place of the one that it was made from. Its size does not depend on
    /// what was read into it.
    /// </summary>
    /// <param name="profile">The shape of the compressive memory, its model and adapter.</param>
    /// <param name="state">[layers, heads, headDim + 1, headDim].</param>
    /// <param name="tokens">Tokens that were read into it, in all.</param>
    /// <param name="before">The entry that it was made from; <see langword="null"/>: it was empty.</param>
    /// <param name="added">The contents that were read into it since.</param>
    /// <returns>
    /// The new entry; <see langword="null"/> when another was stored meanwhile, or one of the contents was removed:
    /// then nothing is changed, and what is stored now is to be read again.
    /// </returns>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public CompressiveMemoryEntry? ReplaceCompressiveMemory(
        CompressiveMemoryProfile profile,
        ReadOnlyMemory<float> state,
        long tokens,
        CompressiveMemoryEntry? before,
        IReadOnlyCollection<ContentKey> added
    )
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(added);
        CompressiveMemoryProfile.Require(profile);
        if (state.Length != profile.Floats)
        {
            throw new ArgumentException($"{state.Length} floats found, expected {profile.Floats}.", nameof(state));
        }

        var file = CompressiveMemoryFile.Write(RequireSegmentsFolder(), profile, state);
        var entry = new CompressiveMemoryEntry(
            profile.Model,
            profile.Adapter,
            tokens,
            (before?.Contents ?? 0) + added.Count,
            profile.FileBytes,
            file
        );
        var isStored = false;
        try
        {
            isStored = Write(database => CompressiveMemoryTable.Replace(database, entry, before?.File, added));
        }
        finally
        {
            if ((isStored ? before?.File : file) is { } retired)
            {
                DeleteEmbeddings(retired);
            }
        }

        return isStored ? entry : null;
    }

    /// <summary>Stores a setting under a key; <see langword="null"/> removes it.</summary>
    /// <exception cref="DatastoreException">Nothing was stored; the message says why.</exception>
    public void SetSetting(string key, string? value) =>
        Write(database =>
        {
            if (value is null)
            {
                database.Prepare("DELETE FROM settings WHERE key = ?1").Bind(1, key).Run();
            }
            else
            {
                database.Prepare("INSERT OR REPLACE INTO settings VALUES (?1, ?2)").Bind(1, key).Bind(2, value).Run();
            }

            return true;
        });

    /// <summary>
    /// Looks for damage: in the database, the lexical index, every stored text and every segment, which it reads
    /// whole. With <paramref name="repair"/> it drops what is damaged, so that documents are missing (ingest them
    /// again) and embeddings are pending again, and builds the lexical index anew.
    /// </summary>
    /// <returns>The damage found; empty when everything is intact.</returns>
    public IReadOnlyList<DamageReport> Verify(bool repair, CancellationToken cancellation = default) =>
        new Verifier(this, repair).Run(cancellation);

    /// <summary>
    /// Gives back the space of what was removed, merges small segments and tidies the lexical index. Searches and
    /// changes continue meanwhile.
    /// </summary>
    /// <exception cref="DatastoreBusyException">Another process compacts it.</exception>
    public void Compact(CancellationToken cancellation = default) => new Compactor(this).Run(cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _writer.Dispose();
        }

        _snapshots.Dispose();
    }

    /// <summary>Throws when it was removed, here or by another process.</summary>
    /// <exception cref="DatastoreRemovedException">The datastore was removed.</exception>
    public void ThrowIfRemoved()
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _identity.Require(_writer);
        }
    }

    internal string SegmentsFolder => Path.Combine(Folder, "states");

    /// <summary>
    /// The folder of the segments, to write into: writing makes it, which must not revive a removed datastore.
    /// </summary>
    internal string RequireSegmentsFolder()
    {
        ThrowIfRemoved();
        return SegmentsFolder;
    }

    internal static Datastore Open(string name, string folder, TimeProvider time, ISearchDevices? devices = null) =>
        new(name, folder, time, devices);

    /// <summary>Copies the database as of one instant, without its free space.</summary>
    internal void CopyDatabase(string path)
    {
        using var reader = _identity.Connect();
        using var statement = reader.Prepare("VACUUM INTO ?1").Bind(1, path);
        statement.Step();
    }

    /// <summary>
    /// Takes over a segment of another datastore, for the passages that have no embeddings yet; the copy is durable when
    /// this returns.
    /// </summary>
    /// <param name="encoder">The profile of the embeddings.</param>
    /// <param name="segment">The bytes of the segment.</param>
    /// <exception cref="DatastoreException">The segment is damaged, or the key is taken by another profile.</exception>
    public void Adopt(EmbeddingProfile encoder, Stream segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        Register(encoder, hasKeys: false);
        var file = SegmentFile.Copy(RequireSegmentsFolder(), segment);
        var path = Path.Combine(SegmentsFolder, file);
        try
        {
            using var reader = EmbeddingSegment.Open(path, encoder, devices: null);
            Publish(encoder, reader.Layout, file, reader.Runs);
        }
        catch
        {
            DeleteEmbeddings(file);
            throw;
        }
    }

    /// <summary>Publishes a segment that is on disk.</summary>
    internal void Publish(EmbeddingProfile encoder, SegmentLayout layout, string file, IReadOnlyList<SegmentRun> runs)
    {
        var path = Path.Combine(SegmentsFolder, file);
        var (isNeeded, segments) = Write(database =>
        {
            // Another process may have taken the file for an orphan; it does so in a write transaction as well.
            if (!File.Exists(path))
            {
                throw new DatastoreException($"The segment '{path}' vanished before it was published. Encode again.");
            }

            var id = EmbeddingProfile.Register(database, encoder);
            var added = SegmentCatalog.Add(database, id, layout, file, runs);
            return (added, database.Scalar("SELECT count(*) FROM segments") ?? 0);
        });
        if (!isNeeded)
        {
            SegmentFolder.TryDelete(path);
        }
        else if (segments % SegmentsBeforeMerge == 0)
        {
            new Compactor(this).MergeOnly();
        }
    }

    /// <summary>Replaces segments by the one that their runs were copied to, if they are all still there.</summary>
    internal void Exchange(
        IReadOnlyList<LiveSegment> replaced,
        SegmentLayout layout,
        string file,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources,
        IReadOnlyList<SegmentRun> runs
    )
    {
        var isDone = Write(database => SegmentCatalog.Exchange(database, replaced, layout, file, sources, runs));
        var retired = isDone ? replaced.Select(segment => segment.Reader.Path) : [file];
        foreach (var path in retired)
        {
            SegmentFolder.TryDelete(Path.Combine(SegmentsFolder, path));
        }
    }

    private void Register(EmbeddingProfile encoder, bool hasKeys)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        EmbeddingProfile.Require(encoder);
        if (encoder.HasKeys != hasKeys)
        {
            throw new ArgumentException(
                $"encoder '{encoder.Key}' has the precision {encoder.Precision}, expected one of "
                    + (hasKeys ? "keys." : "embeddings."),
                nameof(encoder)
            );
        }

        long? known = null;
        Maintain(database => known = EmbeddingProfile.FindSame(database, encoder));
        if (known is null)
        {
            Write(database => EmbeddingProfile.Register(database, encoder));
        }
    }

    private void DeleteEmbeddings(string file) => SegmentFolder.TryDelete(Path.Combine(SegmentsFolder, file));

    /// <summary>Runs maintenance on the writer's connection outside of a transaction.</summary>
    internal void Maintain(Action<Database> work)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            work(_writer);
        }
    }

    /// <summary>Runs a change in a write transaction and counts it as a new generation.</summary>
    internal T Write<T>(Func<Database, T> change)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _identity.Require(_writer);
            return _writer.Write(() =>
            {
                _identity.Require(_writer);
                var result = change(_writer);
                _writer.Prepare("UPDATE counters SET value = value + 1 WHERE key = 'generation'").Run();
                return result;
            });
        }
    }
}
