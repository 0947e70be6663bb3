using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests;

public sealed class SnapshotSourceTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly EmbeddingProfile _profile = StateSamples.Profile();

    public SnapshotSourceTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        for (var i = 0; i < 2; i++)
        {
            var document = Document($"{i}", $"text {i}");
            _datastore.Apply(Put(document));
            StateSamples.Encode(_datastore, _profile, document.ContentKey, 1, 3, i);
        }
    }

    private string[] Segments => Directory.GetFiles(_datastore.SegmentsFolder);

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_crowd_of_readers_leaves_few_connections_open()
    {
        SkipUnlessLinux();
        var crowd = Enumerable.Range(0, 40).Select(_ => _datastore.Snapshot()).ToList();
        Assert.InRange(Connections(), 40, 41);

        crowd.ForEach(snapshot => snapshot.Dispose());

        Assert.InRange(Connections(), 1, 9);
        using var next = _datastore.Snapshot();
        Assert.Equal(2, next.Documents.All.Count);
    }

    [Fact]
    public void Snapshots_of_one_state_share_it_and_a_change_makes_another()
    {
        var first = Documents();
        Assert.Same(first, Documents());
        _datastore.Apply(Put(Document("new", "one")));
        var second = Documents();
        Assert.NotSame(first, second);
        Assert.Same(second, Documents());

        DocumentTable Documents()
        {
            using var snapshot = _datastore.Snapshot();
            return snapshot.Documents;
        }
    }

    [Fact]
    public void One_that_goes_on_reading_does_not_keep_a_newer_state_from_being_shared()
    {
        using var old = _datastore.Snapshot();
        using var twin = _datastore.Snapshot();
        _datastore.Apply(Put(Document("new", "one")));
        using var young = _datastore.Snapshot();
        using var younger = _datastore.Snapshot();
        Assert.Same(old.Documents, twin.Documents);
        Assert.Same(young.Documents, younger.Documents);
        Assert.Equal((2, 3), (old.Documents.All.Count, young.Documents.All.Count));
    }

    [Fact]
    public void A_segment_stays_mapped_while_somebody_reads_it_and_no_longer()
    {
        SkipUnlessLinux();
        var retired = Segments;
        var first = _datastore.Snapshot();
        var second = _datastore.Snapshot();
        _datastore.Compact();
        _datastore.Snapshot().Dispose();
        first.Dispose();
        Assert.Equal(2, Score(second));
        Assert.Equal(retired.Length, Mapped(retired));

        second.Dispose();

        Assert.Equal(0, Mapped(retired));
        Assert.Equal(1, Mapped(Segments));
    }

    [Fact]
    public void A_closed_datastore_has_no_file_open_or_mapped()
    {
        SkipUnlessLinux();
        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal(2, Score(snapshot));
        }

        var late = _datastore.Snapshot();
        _datastore.Dispose();
        late.Dispose();

        Assert.Equal(0, Connections());
        Assert.Equal(0, Mapped(Segments));
    }

    [Fact]
    public void A_segment_that_is_missing_for_a_while_is_searched_again_when_it_is_back()
    {
        SkipUnlessLinux();
        var segment = Segments[0];
        File.Move(segment, segment + ".away");
        var before = Connections();
        using (var without = _datastore.Snapshot())
        {
            Assert.Equal(1, Score(without));
        }

        Assert.InRange(Connections(), before, before + 1);
        File.Move(segment + ".away", segment);
        using var with = _datastore.Snapshot();
        Assert.Equal(2, Score(with));
    }

    [Fact]
    public void What_cannot_be_opened_is_not_kept_open()
    {
        SkipUnlessLinux();
        var file = DatastoreIdentity.DatabasePath(_datastore.Folder);
        _datastore.Dispose();
        var bytes = File.ReadAllBytes(file);
        bytes[71]++;
        File.WriteAllBytes(file, bytes);
        Assert.Throws<DatastoreException>(() => _home.Home.Open("test"));
        Assert.Equal(0, Handles(file));
    }

    private int Score(DatastoreSnapshot snapshot) =>
        snapshot.Embeddings(_profile.Key)!.ScorePooled(new float[StateSamples.Width], PassageScope.All).Length;

    /// <summary>Counted by the log's handles: SQLite puts off closing those of the database while the process has a lock on it.</summary>
    private int Connections() => Handles(DatastoreIdentity.DatabasePath(_datastore.Folder) + "-wal");

    private static int Handles(string file) =>
        Directory.GetFiles("/proc/self/fd").Count(handle => new FileInfo(handle).LinkTarget == file);

    private static int Mapped(string[] files)
    {
        var maps = File.ReadAllText("/proc/self/maps");
        return files.Count(file => maps.Contains(file, StringComparison.Ordinal));
    }

    private static void SkipUnlessLinux() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Counts the handles of the process.");
}
