using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Maintenance;

public sealed class CompactionTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly EmbeddingProfile _profile = StateSamples.Profile();

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
        var before = Score(_datastore);
        var pooled = ScorePooled(_datastore);
        var refined = Rescore(_datastore, before);
        Assert.Equal(12, Segments.Length);

        using var held = _datastore.Snapshot();
        _datastore.Compact();
        Assert.Single(Segments);
        Assert.Equal(before, Score(_datastore));
        Assert.Equal(pooled, ScorePooled(_datastore));
        Assert.Equal(refined, Rescore(_datastore, before));
        Assert.Equal(before, Score(held));
        Assert.Empty(_datastore.Verify(repair: false));
    }

    [Fact]
    public void A_segment_that_is_mostly_in_use_stays_as_it_is()
    {
        Publish(4);
        var segment = Assert.Single(Segments);
        _datastore.Apply(Remove("3"));
        _datastore.Compact();
        Assert.Equal(segment, Assert.Single(Segments));

        _datastore.Apply(Remove("2"));
        var before = Score(_datastore);
        var bytes = new FileInfo(segment).Length;
        _datastore.Compact();
        Assert.NotEqual(segment, Assert.Single(Segments));
        Assert.InRange(new FileInfo(Segments[0]).Length, 1, bytes * 2 / 3);
        Assert.Equal(before, Score(_datastore));
    }

    [Fact]
    public void Merging_what_another_process_has_merged_meanwhile_changes_nothing()
    {
        Ingest(3);
        var before = Score(_datastore);
        using var snapshot = _datastore.Snapshot();
        var replaced = LiveSegment.List(snapshot.Reader, snapshot.Segments);
        List<(SegmentRun, LiveSegment)> sources = [.. replaced.SelectMany(one => one.Runs.Select(run => (run, one)))];
        var late = SegmentCopy.Write(_datastore.SegmentsFolder, sources);
        _datastore.Compact();
        string[] merged = [.. Segments.Where(file => Path.GetFileName(file) != late.File)];

        _datastore.Exchange(replaced, late.Layout, late.File, sources, late.Runs);

        Assert.Equal(merged, Segments);
        Assert.Equal(before, Score(_datastore));
        Assert.Empty(_datastore.Verify(repair: false));
    }

    [Fact]
    public void Compaction_gives_space_back_tidies_the_index_and_empties_the_log()
    {
        for (var i = 0; i < 60; i++)
        {
            var words = string.Join(' ', Enumerable.Range(0, 200).Select(word => $"word{word}"));
            _datastore.Apply(Put(Document($"{i}", $"{words} {i}")));
        }

        _datastore.Apply(Remove([.. Enumerable.Range(0, 50).Select(i => $"{i}")]));
        var (database, lexical) = Bytes();
        _datastore.Compact();
        var (databaseAfter, lexicalAfter) = Bytes();

        Assert.InRange(databaseAfter, 1, database * 2 / 3);
        Assert.InRange(lexicalAfter, 1, lexical / 2);
        Assert.Equal(0, new FileInfo(DatastoreIdentity.DatabasePath(_datastore.Folder) + "-wal").Length);

        (long, long) Bytes()
        {
            using var snapshot = _datastore.Snapshot();
            var statistics = snapshot.Statistics();
            return (statistics.DatabaseBytes, statistics.LexicalBytes);
        }
    }

    [Fact]
    public void A_compaction_can_be_stopped_and_has_merged_nothing_then()
    {
        var stopped = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => _datastore.Compact(stopped));
        Ingest(2);
        Assert.Throws<OperationCanceledException>(() => _datastore.Compact(stopped));
        Assert.Equal(2, Segments.Length);
    }

    [Fact]
    public void States_of_removed_contents_are_given_back()
    {
        Ingest(4);
        _datastore.Apply(Remove("0", "1", "2", "3"));
        _datastore.Compact();
        Assert.Empty(Segments);
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Statistics().Encoders);
    }

    [Fact]
    public void Many_publications_merge_by_themselves()
    {
        Ingest(70);
        Assert.InRange(Segments.Length, 1, 40);
        using var snapshot = _datastore.Snapshot();
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

        // The 32nd publication would merge them.
        Ingest(32);
        Assert.Equal(32, Segments.Length);
    }

    [Fact]
    public void Old_files_that_nobody_refers_to_are_removed_and_fresh_ones_are_left()
    {
        Ingest(1);
        var published = Segments.Single();
        var old = Path.Combine(Path.GetDirectoryName(published)!, "left.seg.tmp");
        var fresh = Path.Combine(Path.GetDirectoryName(published)!, "underway.seg");
        File.WriteAllText(old, "x");
        File.WriteAllText(fresh, "x");
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        File.SetLastWriteTimeUtc(published, DateTime.UnixEpoch);
        using var again = _home.Home.Open("test");
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
        Assert.Equal(2, Score(again).Length);
    }

    [Fact]
    public void A_file_that_nobody_refers_to_is_left_for_an_hour()
    {
        Ingest(1);
        var time = new FixedTime(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var hourAgo = time.GetUtcNow().UtcDateTime.AddHours(-1);
        var published = Segments.Single();
        var old = Path.Combine(_datastore.SegmentsFolder, "old.seg");
        var young = Path.Combine(_datastore.SegmentsFolder, "young.seg");
        foreach (var (file, written) in new[] { (old, hourAgo.AddSeconds(-1)), (young, hourAgo) })
        {
            File.WriteAllText(file, "x");
            File.SetLastWriteTimeUtc(file, written);
        }

        new DatastoreHome(_home.Root, time).Open("test").Dispose();

        Assert.Equal([published, young], Segments.OrderBy(file => file == young));
    }

    [Fact]
    public void States_without_tokens_cost_nothing_a_token()
    {
        var document = Document("a", "one");
        _datastore.Apply(Put(document));
        var writer = _datastore.WriteEmbeddings(_profile);
        writer.Add(document.ContentKey, 0, [0], [], new float[StateSamples.Width]);
        writer.Publish();
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(0, Assert.Single(snapshot.Statistics().Encoders).BytesPerToken);
    }

    [Fact]
    public void Statistics_count_documents_tokens_and_bytes()
    {
        Ingest(3);
        using var snapshot = _datastore.Snapshot();
        var statistics = snapshot.Statistics();
        Assert.Equal((3, 6), (statistics.Documents, statistics.Passages));
        var encoder = Assert.Single(statistics.Encoders);
        Assert.Equal((_profile.Key, 3, 6, 24), (encoder.Encoder, encoder.Segments, encoder.Passages, encoder.Tokens));
        Assert.Equal(Segments.Sum(file => new FileInfo(file).Length), encoder.Bytes);
        Assert.Equal((double)encoder.Bytes / 24, encoder.BytesPerToken);
        Assert.InRange(statistics.LexicalBytes, 1, statistics.DatabaseBytes);
    }

    private static ScoredPassage[] Score(DatastoreSnapshot snapshot) =>
        snapshot.Embeddings("test-encoder")!.ScoreTokens(Query(), PassageScope.All);

    private static ScoredPassage[] Score(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        return Score(snapshot);
    }

    private static ScoredPassage[] ScorePooled(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        var query = StateSamples.Random(StateSamples.Profile(), 1, 98);
        return snapshot.Embeddings("test-encoder")!.ScorePooled(query, PassageScope.All);
    }

    private static float[] Rescore(Datastore datastore, ScoredPassage[] passages)
    {
        using var snapshot = datastore.Snapshot();
        return snapshot.Embeddings("test-encoder")!.Rescore(Query(), passages.Select(score => score.Passage).ToArray());
    }

    private static LateInteractionQuery Query() => new(StateSamples.Random(StateSamples.Profile(), 2, 99), [1, 1]);

    private void Ingest(int documents)
    {
        for (var i = 0; i < documents; i++)
        {
            var document = Document($"{i}", $"first {i}", $"second {i}");
            _datastore.Apply(Put(document));
            StateSamples.Encode(_datastore, _profile, document.ContentKey, 2, 4, i);
        }
    }

    /// <summary>Documents with one passage each, and their embeddings in one segment.</summary>
    private void Publish(int documents)
    {
        var writer = _datastore.WriteEmbeddings(_profile);
        for (var i = 0; i < documents; i++)
        {
            var document = Document($"{i}", $"text {i}");
            _datastore.Apply(Put(document));
            var tokens = StateSamples.Random(_profile, 200, i);
            writer.Add(document.ContentKey, 0, [200], tokens, tokens.AsSpan(0, StateSamples.Width));
        }

        writer.Publish();
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
