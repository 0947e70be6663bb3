using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.CompressiveMemories;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// A consistent view of one published generation of a datastore, in a read transaction. For one thread at a time; take
/// one for each question.
/// </summary>
public sealed class DatastoreSnapshot : IDisposable
{
    private readonly SnapshotSource _source;
    private readonly PublishedGeneration _state;
    private Database? _reader;

    internal DatastoreSnapshot(SnapshotSource source, Database reader, PublishedGeneration state)
    {
        _source = source;
        _reader = reader;
        _state = state;
        Passages = new PassageReader(reader);
        var counts = new TermCounts();
        Lexical = new LexicalIndex(reader, state.Documents, counts);
        Shard = new LexicalShard(reader, Lexical, state.Documents, counts);
        Exact = new ExactSearch(reader, Lexical);
        Symbols = new SymbolTable(reader, state.Documents);
        Commits = new CommitIndex(reader);
    }

    /// <summary>The documents.</summary>
    public DocumentTable Documents => _state.Documents;

    /// <summary>Counts the changes of the datastore; equal numbers mean equal contents.</summary>
    public long Generation => _state.Generation;

    /// <summary>The least id that the next passage will have.</summary>
    public long NextPassage => Reader.Scalar("SELECT value FROM counters WHERE key = 'next_passage'") ?? 1;

    /// <summary>The passages and their texts.</summary>
    public PassageReader Passages { get; }

    /// <summary>Lexical search.</summary>
    public LexicalIndex Lexical { get; }

    /// <summary>Lexical search by the statistics of a collection of which this datastore is a shard.</summary>
    public LexicalShard Shard { get; }

    /// <summary>Search for identifiers and phrases, literally.</summary>
    public ExactSearch Exact { get; }

    /// <summary>The definitions in the passages.</summary>
    public SymbolTable Symbols { get; }

    /// <summary>The commits of sources in Git trees.</summary>
    public CommitIndex Commits { get; }

    internal bool MissesSegments => _state.MissesSegments;

    internal IReadOnlyDictionary<long, SegmentReader> Segments => _state.Segments;

    internal Database Reader => _reader ?? throw new ObjectDisposedException(nameof(DatastoreSnapshot));

    /// <summary>The setting under <paramref name="key"/>, or <see langword="null"/>.</summary>
    public string? Setting(string key)
    {
        using var row = Reader.Prepare("SELECT value FROM settings WHERE key = ?1").Bind(1, key);
        return row.Step() ? row.Text(0) : null;
    }

    /// <summary>Counts the changes of the sources and their files; equal numbers mean equal tables.</summary>
    public long SourceVersion => SourceTable.VersionOf(Reader);

    /// <summary>The ingested sources, by path.</summary>
    public IReadOnlyList<StoredSource> Sources() => SourceTable.Sources(Reader);

    /// <summary>A file of a source as it was last read; <see langword="null"/>: it was not.</summary>
    public StoredFile? SourceFile(string source, string path) => SourceTable.FileOf(Reader, source, path);

    /// <summary>The files of all sources as they were last read.</summary>
    public IReadOnlyList<StoredFile> SourceFiles() => SourceTable.Files(Reader);

    /// <summary>
    /// The token embeddings under an encoder's key, or <see langword="null"/> when there are none. They are usable
    /// until this snapshot is disposed.
    /// </summary>
    public EmbeddingIndex? Embeddings(string encoder) => _state.Embeddings(Reader, encoder);

    /// <summary>The files of the segments with the token embeddings of an encoder, in the order of their publication.</summary>
    public IReadOnlyList<string> EmbeddingFiles(string encoder) =>
        [
            .. Segments
                .Where(segment => segment.Value.Encoder is { HasKeys: false } profile && profile.Key == encoder)
                .OrderBy(segment => segment.Key)
                .Select(segment => segment.Value.Path),
        ];

    /// <summary>
    /// The keys under an encoder's key, or <see langword="null"/> when there are none. They are usable until this
    /// snapshot is disposed.
    /// </summary>
    public KeyIndex? Keys(string encoder) => _state.Keys(Reader, encoder);

    /// <summary>
    /// The contents some of whose passages have no embeddings of this encoder, in the order of storing.
    /// </summary>
    public IReadOnlyList<PendingContent> Pending(string encoder) => _state.Pending(Reader, encoder);

    /// <summary>The passages of a document without embeddings of this encoder, as runs of ordinals in order.</summary>
    public IReadOnlyList<OrdinalRun> Missing(string encoder, Document document) =>
        PendingContent.Missing(Reader, encoder, document);

    /// <summary>The compressive memories, by model and adapter.</summary>
    /// <exception cref="DatastoreCorruptException">An entry is damaged.</exception>
    public IReadOnlyList<CompressiveMemoryEntry> Memories() => CompressiveMemoryTable.List(Reader);

    /// <summary>
    /// The compressive memory of a model and an adapter, or <see langword="null"/>; <see cref="Datastore.ReadMemory"/>
    /// reads it.
    /// </summary>
    /// <exception cref="DatastoreCorruptException">An entry is damaged.</exception>
    public CompressiveMemoryEntry? Memory(CompressiveMemoryProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return CompressiveMemoryTable
            .List(Reader)
            .Find(memory => memory.Model == profile.Model && memory.Adapter == profile.Adapter);
    }

    /// <summary>
    /// The documents that a compressive memory lacks, one of each content, in the order of their storing.
    /// </summary>
    public IReadOnlyList<Document> MissingFromCompressiveMemory(string model, string adapter) =>
        CompressiveMemoryTable.Missing(Reader, model, adapter, Documents);

    /// <summary>How much the datastore holds and what it takes on disk.</summary>
    public DatastoreStatistics Statistics() => DatastoreStatistics.Of(Reader, Documents);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _reader, null) is { } reader)
        {
            _source.Return(reader, _state);
        }
    }
}
