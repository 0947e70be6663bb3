using System.Buffers.Binary;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Embeddings;

public sealed class SegmentIntegrityTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly EmbeddingProfile _profile = StateSamples.Profile();
    private readonly NewDocument _document = Document("a", "1", "2", "3");

    public SegmentIntegrityTests()
    {
        using var datastore = _home.Home.OpenOrCreate("test");
        datastore.Apply(Put(_document));
        StateSamples.Encode(datastore, _profile, _document.ContentKey, 3, 4, 1);
    }

    private string Segment =>
        Directory.GetFiles(Path.Combine(_home.Root, "datastores"), "*.seg", SearchOption.AllDirectories).Single();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Every_flipped_byte_is_detected()
    {
        var whole = File.ReadAllBytes(Segment);
        var damaged = Path.Combine(_home.Root, "damaged.seg");
        Assert.False(IsDetected(whole));
        for (var i = 0; i < whole.Length; i++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[i] ^= (byte)(1 << (i % 8));
            Assert.True(IsDetected(bytes), $"byte {i} of {whole.Length}");
        }

        bool IsDetected(byte[] bytes)
        {
            File.WriteAllBytes(damaged, bytes);
            try
            {
                using var reader = PublishedGeneration.OpenSegment(damaged, _profile);
                return reader.DamagedPages().Any();
            }
            catch (DatastoreException e)
            {
                Assert.Contains(damaged, e.Message, StringComparison.Ordinal);
                return true;
            }
        }
    }

    [Fact]
    public void Every_truncation_is_detected()
    {
        var whole = File.ReadAllBytes(Segment);
        var damaged = Path.Combine(_home.Root, "damaged.seg");
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(damaged, whole[..length]);
            Assert.ThrowsAny<DatastoreException>(() => PublishedGeneration.OpenSegment(damaged, _profile));
        }
    }

    [Fact]
    public void A_damaged_page_hides_its_passages_only_and_is_named()
    {
        const int Passages = 2000;
        var large = Document("large", Enumerable.Range(0, Passages).Select(i => $"{i}").ToArray());
        using var datastore = _home.Home.Open("test");
        datastore.Apply(Put(large));
        var before = Segment;
        StateSamples.Encode(datastore, _profile, large.ContentKey, Passages, 8, 1);
        var segment = Directory.GetFiles(Path.GetDirectoryName(before)!, "*.seg").Single(file => file != before);
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(segment, bytes);

        using var snapshot = datastore.Snapshot();
        var embeddings = snapshot.Embeddings(_profile.Key)!;
        var query = new LateInteractionQuery(new float[StateSamples.Width], [1]);
        var pooled = embeddings.ScorePooled(new float[StateSamples.Width], PassageScope.All).Length;
        var binaryCodes = embeddings.ScoreTokens(query, PassageScope.All).Length;
        var first = snapshot.Documents.All.Single(document => document.Path == "large").FirstPassage;
        var refined = embeddings
            .Rescore(query, Enumerable.Range(0, Passages).Select(i => first + i).ToArray())
            .Count(score => !float.IsNaN(score));
        Assert.Equal(Passages + 3, pooled);
        Assert.InRange(binaryCodes, Passages / 2, Passages + 3);
        Assert.InRange(refined, Passages / 4, Passages - 1);
        Assert.Contains(embeddings.Damage, text => text.Contains(segment, StringComparison.Ordinal));
    }

    /// <summary>Sections in the order of the file: scales, codes, signs, refinement.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_section_is_damaged_exactly_its_passages_lose_a_score_and_are_pending_after_repair(int section)
    {
        const int Passages = 2000;
        var large = Document("large", [.. Enumerable.Range(0, Passages).Select(i => $"{i}")]);
        using var datastore = _home.Home.Open("test");
        var before = Segment;
        datastore.Apply(Put(large));
        StateSamples.Encode(datastore, _profile, large.ContentKey, Passages, 8, 1);
        var (pooled, binaryCodes, refined) = Scores(datastore);
        Assert.DoesNotContain(null, pooled.Concat(binaryCodes).Concat(refined));
        var segment = Directory.GetFiles(datastore.SegmentsFolder).Single(file => file != before);
        var layout = EmbeddingSegmentLayout.Of(_profile, 1, Passages, 8 * Passages);
        long[] sections =
        [
            layout.ScalesAt,
            layout.PooledAt,
            layout.BinaryCodesAt,
            layout.ResidualCodesAt,
            layout.BodyBytes,
        ];
        var bytes = File.ReadAllBytes(segment);
        bytes[(sections[section] + sections[section + 1]) / 2] ^= 4;
        File.WriteAllBytes(segment, bytes);
        datastore.Dispose();

        using var damaged = _home.Home.Open("test");
        var (pooledLeft, signsLeft, refinedLeft) = Scores(damaged);
        int[] lost =
        [
            .. Lost(pooled, pooledLeft).Union(Lost(binaryCodes, signsLeft)).Union(Lost(refined, refinedLeft)).Order(),
        ];
        Assert.InRange(lost.Length, 1, Passages);
        damaged.Verify(repair: true);

        using var snapshot = damaged.Snapshot();
        var stored = snapshot.Documents.All.Single(document => document.Path == "large");
        Assert.Equal(
            lost,
            snapshot.Missing(_profile.Key, stored).SelectMany(run => Enumerable.Range(run.First, run.Count))
        );

        static IEnumerable<int> Lost(float?[] whole, float?[] left)
        {
            Assert.All(whole.Zip(left), pair => Assert.Equal(pair.Second ?? pair.First, pair.First));
            return Enumerable.Range(0, whole.Length).Where(i => left[i] is null);
        }

        (float?[] Pooled, float?[] BinaryCodesOf, float?[] ByResidualCodes) Scores(Datastore from)
        {
            using var view = from.Snapshot();
            var embeddings = view.Embeddings(_profile.Key)!;
            var first = view.Documents.All.Single(document => document.Path == "large").FirstPassage;
            var vector = StateSamples.Random(_profile, 1, 9);
            var query = new LateInteractionQuery(vector, [1]);
            long[] passages = [.. Enumerable.Range(0, Passages).Select(i => first + i)];
            return (
                Of(embeddings.ScorePooled(vector, PassageScope.All)),
                Of(embeddings.ScoreTokens(query, PassageScope.All)),
                [.. embeddings.Rescore(query, passages).Select(score => float.IsNaN(score) ? (float?)null : score)]
            );

            float?[] Of(ScoredPassage[] scores)
            {
                var byPassage = scores.ToDictionary(scored => scored.Passage, scored => (float?)scored.Score);
                return [.. passages.Select(passage => byPassage.GetValueOrDefault(passage))];
            }
        }
    }

    /// <summary>By where the number stands: version, precision, dimensions, runs, passages, tokens.</summary>
    [Theory]
    [InlineData(8, 0)]
    [InlineData(12, 2)]
    [InlineData(16, 64)]
    [InlineData(20, -1)]
    [InlineData(24, -1)]
    [InlineData(28, -1)]
    public void A_header_that_is_not_that_of_its_encoder_is_refused(int at, int number)
    {
        Rewrite(at, number);
        AssertRefused("is not that of its encoder");
    }

    [Theory]
    [InlineData(20, 2)]
    [InlineData(24, 1)]
    [InlineData(28, 11)]
    public void A_header_that_counts_other_than_its_file_holds_is_refused(int at, int number)
    {
        Rewrite(at, number);
        AssertRefused("is damaged");
    }

    /// <summary>First ordinal, passages and first slot of the run; then the offsets 0, 4, 8, 12 of the tokens.</summary>
    [Theory]
    [InlineData(96, -1)]
    [InlineData(96, int.MaxValue - 2)]
    [InlineData(100, 0)]
    [InlineData(100, -1)]
    [InlineData(100, 2)]
    [InlineData(100, 4)]
    [InlineData(104, 1)]
    [InlineData(128, 1)]
    [InlineData(132, 9)]
    [InlineData(140, 13)]
    [InlineData(140, 11)]
    public void A_directory_that_contradicts_its_header_is_refused(int at, int number)
    {
        Rewrite(at, number);
        AssertRefused("its directory contradicts its header");
    }

    [Fact]
    public void The_last_ordinal_that_there_is_may_be_held()
    {
        Rewrite(96, int.MaxValue - 3);
        using var reader = PublishedGeneration.OpenSegment(Segment, _profile);
        Assert.Equal(int.MaxValue - 3, Assert.Single(reader.Runs).FirstOrdinal);
    }

    [Fact]
    public void A_missing_segment_is_named_and_the_rest_is_searched()
    {
        File.Delete(Segment);
        using var datastore = _home.Home.Open("test");
        using var snapshot = datastore.Snapshot();
        var embeddings = snapshot.Embeddings(_profile.Key)!;
        Assert.Empty(embeddings.ScorePooled(new float[StateSamples.Width], PassageScope.All));
        Assert.Contains("missing", Assert.Single(embeddings.Damage), StringComparison.Ordinal);
        Assert.Equal(3, snapshot.Documents.PassageCount);
    }

    [Fact]
    public void States_of_another_content_are_not_taken_for_the_expected_ones()
    {
        using var reader = PublishedGeneration.OpenSegment(Segment, _profile);
        var run = new SegmentRun(_document.ContentKey, 0, 3, 0);
        Assert.True(reader.Holds(run));
        Assert.True(reader.Holds(run with { FirstOrdinal = 1, FirstSlot = 1, Passages = 2 }));
        Assert.False(reader.Holds(run with { Content = Key("other") }));
        Assert.False(reader.Holds(run with { FirstSlot = 1 }));
        Assert.False(reader.Holds(run with { Passages = 4 }));
    }

    /// <summary>Writes a number into the segment, under right checksums.</summary>
    private void Rewrite(int at, int number)
    {
        var body = File.ReadAllBytes(Segment);
        body = body[..(int)EmbeddingSegmentLayout.Of(_profile, 1, 3, 12).BodyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(at), number);
        var written = SegmentFile.Write(_home.Root, EmbeddingSegmentLayout.FileMagic, file => file.Append(body));
        File.Move(Path.Combine(_home.Root, written), Segment, overwrite: true);
    }

    private void AssertRefused(string why)
    {
        var path = Segment;
        var error = Assert.Throws<DatastoreCorruptException>(() => PublishedGeneration.OpenSegment(path, _profile));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        }
    }
}
