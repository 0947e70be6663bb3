using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.States;
using McpLongContext.Storage.Tests.States;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Maintenance;

public sealed class CompactionTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly EncoderProfile _profile = StateSamples.Profile();

    public CompactionTests() => _datastore = _home.Home.OpenOrCreate("test");

    private string[] Segments => Directory.GetFiles(Path.Combine(_datastore.Folder, "states"));

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void Compaction_merges_segments_and_changes_no_score()
    {
        Ingest(12);
        _datastore.Apply(Remove("3", "7"));
        ScoredPassage[] before = Score(_datastore);
        float[] refined = Rescore(_datastore, before);
        Assert.Equal(12, Segments.Length);

        using DatastoreSnapshot held = _datastore.Snapshot();
        _datastore.Compact();
        Assert.Single(Segments);
        Assert.Equal(before, Score(_datastore));
        Assert.Equal(refined, Rescore(_datastore, before));
        Assert.Equal(before, Score(held));
        Assert.Empty(_datastore.Verify(repair: false));
    }

    [Fact]
    public void States_of_removed_contents_are_given_back()
    {
        Ingest(4);
        _datastore.Apply(Remove("0", "1", "2", "3"));
        _datastore.Compact();
        Assert.Empty(Segments);
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Statistics().Encoders);
    }

    [Fact]
    public void Many_publications_merge_by_themselves()
    {
        Ingest(70);
        Assert.InRange(Segments.Length, 1, 40);
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Pending(_profile.Key));
        Assert.Equal(140, Score(_datastore).Length);
    }

    [Fact]
    public void Another_process_that_compacts_is_not_disturbed()
    {
        Ingest(2);
        using var turn = new FileStream(
            Path.Combine(_datastore.Folder, "compact.lock"),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.None
        );
        Assert.Throws<DatastoreBusyException>(() => _datastore.Compact());
    }

    [Fact]
    public void Old_files_that_nobody_refers_to_are_removed_and_fresh_ones_are_left()
    {
        Ingest(1);
        string published = Segments.Single();
        string old = Path.Combine(Path.GetDirectoryName(published)!, "left.seg.tmp");
        string fresh = Path.Combine(Path.GetDirectoryName(published)!, "underway.seg");
        File.WriteAllText(old, "x");
        File.WriteAllText(fresh, "x");
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        File.SetLastWriteTimeUtc(published, DateTime.UnixEpoch);
        using Datastore again = _home.Home.Open("test");
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
        Assert.Equal(2, Score(again).Length);
    }

    [Fact]
    public void Statistics_count_documents_tokens_and_bytes()
    {
        Ingest(3);
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        DatastoreStatistics statistics = snapshot.Statistics();
        Assert.Equal((3, 6), (statistics.Documents, statistics.Passages));
        EncoderStatistics encoder = Assert.Single(statistics.Encoders);
        Assert.Equal((_profile.Key, 3, 6, 24), (encoder.Encoder, encoder.Segments, encoder.Passages, encoder.Tokens));
        Assert.Equal(Segments.Sum(file => new FileInfo(file).Length), encoder.Bytes);
        Assert.Equal((double)encoder.Bytes / 24, encoder.BytesPerToken);
        Assert.InRange(statistics.LexicalBytes, 1, statistics.DatabaseBytes);
    }

    private static ScoredPassage[] Score(DatastoreSnapshot snapshot) =>
        snapshot.States("test-encoder")!.ScoreTokens(Query(), PassageScope.All);

    private static ScoredPassage[] Score(Datastore datastore)
    {
        using DatastoreSnapshot snapshot = datastore.Snapshot();
        return Score(snapshot);
    }

    private static float[] Rescore(Datastore datastore, ScoredPassage[] passages)
    {
        using DatastoreSnapshot snapshot = datastore.Snapshot();
        return snapshot.States("test-encoder")!.Rescore(Query(), passages.Select(score => score.Passage).ToArray());
    }

    private static StateQuery Query() => new(StateSamples.Random(StateSamples.Profile(), 2, 99), [1, 1]);

    private void Ingest(int documents)
    {
        for (int i = 0; i < documents; i++)
        {
            NewDocument document = Document($"{i}", $"first {i}", $"second {i}");
            _datastore.Apply(Put(document));
            StateSamples.Encode(_datastore, _profile, document.ContentKey, 2, 4, i);
        }
    }
}
