using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.CompressiveMemories;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Maintenance;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.CompressiveMemories;

public sealed class MemoryTests : IDisposable
{
    private static readonly CompressiveMemoryProfile s_profile = new()
    {
        Model = "tiny 12ab",
        Adapter = "",
        Layers = 3,
        Heads = 2,
        HeadDim = 5,
        Rule = 1,
    };

    private readonly TemporaryHome _home = new();
    private readonly NewDocument[] _documents = [Document("a", "one"), Document("b", "two"), Document("c", "two")];
    private Datastore _datastore;

    public MemoryTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(_documents));
    }

    private string[] Files => Directory.GetFiles(Path.Combine(_datastore.Folder, "states"));

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_memory_is_read_as_it_was_stored_after_the_datastore_was_closed()
    {
        var first = Store(null, 100, _documents[0])!;
        Reopen();
        var (entry, state) = _datastore.ReadMemory(s_profile)!.Value;
        Assert.Equal(first, entry);
        Assert.Equal(State(100), state);
        Assert.Equal((100, 1), (entry.Tokens, entry.Contents));
        Assert.Null(_datastore.ReadMemory(s_profile with { Adapter = "cd" }));
        Assert.Equal(["b"], MissingFromCompressiveMemory());
    }

    [Fact]
    public void Its_file_has_one_length_however_much_was_read_into_it()
    {
        CompressiveMemoryEntry? entry = null;
        foreach (var tokens in (long[])[1_000, 1_000_000])
        {
            entry = Store(entry, tokens, _documents[0]);
            Assert.Equal(s_profile.FileBytes, new FileInfo(Assert.Single(Files)).Length);
            Assert.Equal(s_profile.FileBytes, entry!.Bytes);
        }

        // TinyLlama: the memory, a header, a checksum for each of 23 pages, a trailer.
        var tinyLlama = s_profile with
        {
            Layers = 22,
            Heads = 4,
            HeadDim = 64,
        };
        Assert.Equal(1_464_320 + 64 + (23 * 4) + 16, tinyLlama.FileBytes);
    }

    [Fact]
    public void Equal_contents_are_remembered_once()
    {
        Assert.Equal(["a", "b"], MissingFromCompressiveMemory());
        Store(null, 10, _documents[0], _documents[1]);
        Assert.Empty(MissingFromCompressiveMemory());
        _datastore.Apply(Put(Document("d", "three")));
        Assert.Equal(["d"], MissingFromCompressiveMemory());
    }

    [Fact]
    public void A_memory_goes_with_a_document_that_was_read_into_it()
    {
        Store(null, 10, _documents[0], _documents[1]);
        _datastore.Apply(Remove("b"));
        Assert.NotNull(_datastore.ReadMemory(s_profile));
        _datastore.Apply(Remove("c"));
        Assert.Null(_datastore.ReadMemory(s_profile));
        Assert.Empty(Files);
        Assert.Equal(["a"], MissingFromCompressiveMemory());
    }

    [Fact]
    public void A_memory_goes_when_a_document_that_was_read_into_it_changes()
    {
        Store(null, 10, _documents[0]);
        _datastore.Apply(Put(Document("a", "another")));
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Memories());
    }

    [Fact]
    public void A_memory_made_from_one_that_was_replaced_is_not_stored()
    {
        var first = Store(null, 10, _documents[0])!;
        var second = Store(first, 20, _documents[1])!;
        Assert.Null(Store(first, 30, _documents[1]));
        Assert.Null(Store(null, 40, _documents[1]));
        Assert.Equal(second, _datastore.ReadMemory(s_profile)!.Value.Entry);
        Assert.Single(Files);
    }

    [Fact]
    public void A_memory_of_what_was_removed_meanwhile_is_not_stored()
    {
        _datastore.Apply(Remove("a"));
        Assert.Null(Store(null, 10, _documents[0]));
        Assert.Empty(Files);
    }

    [Fact]
    public void Memories_of_models_and_adapters_stand_side_by_side()
    {
        Store(null, 10, _documents[0]);
        var other = s_profile with { Adapter = "34cd", Layers = 1 };
        Assert.NotNull(
            _datastore.ReplaceCompressiveMemory(other, new float[other.Floats], 7, null, [_documents[1].ContentKey])
        );
        using var snapshot = _datastore.Snapshot();
        Assert.Equal([10, 7], snapshot.Memories().Select(memory => memory.Tokens));
        var error = Assert.Throws<DatastoreCorruptException>(() => _datastore.ReadMemory(other with { Layers = 2 }));
        Assert.Contains("its shape is not that of its model", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(70)]
    [InlineData(-1)]
    public void A_flipped_byte_is_found_and_repair_drops_the_memory(int position)
    {
        Store(null, 10, _documents[0]);
        var file = Assert.Single(Files);
        var bytes = File.ReadAllBytes(file);
        bytes[position < 0 ? bytes.Length + position : position] ^= 4;
        File.WriteAllBytes(file, bytes);

        Assert.Throws<DatastoreCorruptException>(() => _datastore.ReadMemory(s_profile));
        AssertRepaired(DamageCode.CompressiveMemoryFile, s_profile.Model, file);
    }

    [Theory]
    [InlineData("", 1, 1, 1)]
    [InlineData(" ", 1, 1, 1)]
    [InlineData("m", 0, 1, 1)]
    [InlineData("m", 4097, 1, 1)]
    [InlineData("m", 1, 0, 1)]
    [InlineData("m", 1, 4097, 1)]
    [InlineData("m", 1, 1, 0)]
    [InlineData("m", 1, 1, 1025)]
    public void A_shape_that_no_memory_has_is_refused(string model, int layers, int heads, int headDim) =>
        Assert.Throws<ArgumentException>(() => _datastore.ReadMemory(Shape(model, layers, heads, headDim)));

    [Theory]
    [InlineData(4096, 1, 1)]
    [InlineData(1, 4096, 1)]
    [InlineData(1, 1, 1024)]
    public void The_largest_shapes_are_taken(int layers, int heads, int headDim) =>
        Assert.Null(_datastore.ReadMemory(Shape("m", layers, heads, headDim)));

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(24)]
    [InlineData(28)]
    public void A_memory_of_another_shape_or_rule_is_refused_though_its_file_has_the_same_length(int at)
    {
        Store(null, 10, _documents[0]);
        WriteHeader(header => header[at]++);
        var error = Assert.Throws<DatastoreCorruptException>(() => _datastore.ReadMemory(s_profile));
        Assert.Contains("its shape is not that of its model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_of_a_newer_format_is_refused_and_no_damage()
    {
        Store(null, 10, _documents[0]);
        WriteHeader(header => header[8]++);
        foreach (var use in (Action[])[() => _datastore.ReadMemory(s_profile), () => _datastore.Verify(repair: true)])
        {
            var error = Assert.Throws<DatastoreException>(use);
            Assert.Contains("has format 2; this program reads up to 1", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_state_of_another_size_is_not_stored()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            _datastore.ReplaceCompressiveMemory(s_profile, new float[7], 1, null, [])
        );
        Assert.Contains($"7 floats found, expected {s_profile.Floats}", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() =>
            _datastore.ReplaceCompressiveMemory(Shape("m", 0, 1, 1), default, 1, null, [])
        );
        Assert.Throws<ArgumentNullException>(() => _datastore.ReplaceCompressiveMemory(null!, default, 1, null, []));
        Assert.Throws<ArgumentNullException>(() =>
            _datastore.ReplaceCompressiveMemory(s_profile, State(1), 1, null, null!)
        );
        Assert.Throws<ArgumentNullException>(() => _datastore.ReadMemory(null!));
        using var snapshot = _datastore.Snapshot();
        Assert.Throws<ArgumentNullException>(() => snapshot.Memory(null!));
        Assert.Empty(snapshot.Memories());
    }

    [Fact]
    public void One_that_could_not_be_stored_leaves_the_one_before_and_no_file()
    {
        var before = Store(null, 10, _documents[0])!;
        Assert.Throws<TimeoutException>(() =>
            _datastore.ReplaceCompressiveMemory(s_profile, State(20), 20, before, new Unreadable())
        );
        var (entry, state) = _datastore.ReadMemory(s_profile)!.Value;
        Assert.Equal(before, entry);
        Assert.Equal(State(10), state);
        Assert.Single(Files);
    }

    [Fact]
    public void One_that_was_read_of_something_stored_and_something_gone_is_not_stored()
    {
        Assert.Null(Store(null, 10, _documents[0], Document("gone", "never stored")));
        Assert.Null(_datastore.ReadMemory(s_profile));
        Assert.Empty(Files);
    }

    [Fact]
    public void Documents_without_passages_have_nothing_to_remember()
    {
        _datastore.Apply(Put(Document("empty")));
        Assert.Equal(["a", "b"], MissingFromCompressiveMemory());
    }

    [Fact]
    public void A_memory_is_a_matrix_and_a_vector_for_each_head()
    {
        Assert.Equal(3 * 2 * (5 + 1) * 5, s_profile.Floats);
        Assert.Throws<OverflowException>(() => Shape("m", 4096, 4096, 1024).Floats);
    }

    [Fact]
    public void A_missing_file_is_named_and_repair_forgets_the_memory()
    {
        Store(null, 10, _documents[0]);
        var file = Assert.Single(Files);
        File.Delete(file);
        var error = Assert.Throws<DatastoreException>(() => _datastore.ReadMemory(s_profile));
        Assert.Contains($"The compressive memory '{file}' is missing", error.Message, StringComparison.Ordinal);
        AssertRepaired(DamageCode.CompressiveMemoryFile, s_profile.Model, file);
    }

    [Fact]
    public void A_damaged_entry_is_never_read()
    {
        Store(null, 10, _documents[0]);
        _datastore.Maintain(database => database.Execute("UPDATE memories SET tokens = 11"));
        Assert.Throws<DatastoreCorruptException>(() => _datastore.ReadMemory(s_profile));
        AssertRepaired(DamageCode.CompressiveMemoryEntry, "1");
    }

    [Fact]
    public void Compaction_and_the_removal_of_orphans_leave_a_memory_alone()
    {
        Store(null, 10, _documents[0]);
        File.SetLastWriteTimeUtc(Assert.Single(Files), DateTime.UtcNow.AddDays(-2));
        var orphan = Path.Combine(_datastore.Folder, "states", "left-over.seg");
        File.WriteAllText(orphan, "");
        File.SetLastWriteTimeUtc(orphan, DateTime.UtcNow.AddDays(-2));
        Reopen();
        _datastore.Compact();
        Assert.Equal(State(10), _datastore.ReadMemory(s_profile)!.Value.State);
        Assert.Single(Files);
        Assert.Empty(_datastore.Verify(repair: true));
    }

    private void AssertRepaired(DamageCode code, string subject, string? where = null)
    {
        var found = Assert.Single(_datastore.Verify(repair: true));
        Assert.Equal((code, subject, true), (found.Code, found.Subject, found.Repaired));
        Assert.Equal(where ?? DatastoreIdentity.DatabasePath(_datastore.Folder), found.Where);
        Assert.Empty(_datastore.Verify(repair: false));
        Assert.Null(_datastore.ReadMemory(s_profile));
        Assert.DoesNotContain(found.Where, Files);
        Assert.Equal(["a", "b"], MissingFromCompressiveMemory());
        Assert.NotNull(Store(null, 5, _documents[0]));
    }

    /// <summary>Changes the first bytes of the only memory's file, under right checksums.</summary>
    private void WriteHeader(Action<byte[]> change)
    {
        var file = Assert.Single(Files);
        var body = File.ReadAllBytes(file)[..(64 + (s_profile.Floats * sizeof(float)))];
        change(body);
        var written = SegmentFile.Write(_home.Root, "MLCINFIN"u8, segment => segment.Append(body));
        File.Move(Path.Combine(_home.Root, written), file, overwrite: true);
    }

    private CompressiveMemoryEntry? Store(CompressiveMemoryEntry? before, long tokens, params NewDocument[] added) =>
        _datastore.ReplaceCompressiveMemory(
            s_profile,
            State(tokens),
            tokens,
            before,
            [.. added.Select(document => document.ContentKey)]
        );

    private static float[] State(long tokens) =>
        [.. Enumerable.Range(0, s_profile.Floats).Select(i => (i * 0.5f) + tokens)];

    private IEnumerable<string> MissingFromCompressiveMemory()
    {
        using var snapshot = _datastore.Snapshot();
        return
        [
            .. snapshot
                .MissingFromCompressiveMemory(s_profile.Model, s_profile.Adapter)
                .Select(document => document.Path),
        ];
    }

    private static CompressiveMemoryProfile Shape(string model, int layers, int heads, int headDim) =>
        s_profile with
        {
            Model = model,
            Layers = layers,
            Heads = heads,
            HeadDim = headDim,
        };

    private void Reopen()
    {
        _datastore.Dispose();
        _datastore = _home.Home.Open("test");
    }

    /// <summary>Fails in the middle of the transaction.</summary>
    private sealed class Unreadable : IReadOnlyCollection<ContentKey>
    {
        public int Count => 1;

        public IEnumerator<ContentKey> GetEnumerator() => throw new TimeoutException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
