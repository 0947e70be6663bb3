using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.States;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.States;

public sealed class SegmentIntegrityTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly EncoderProfile _profile = StateSamples.Profile();
    private readonly NewDocument _document = Document("a", "1", "2", "3");

    public SegmentIntegrityTests()
    {
        using Datastore datastore = _home.Home.OpenOrCreate("test");
        datastore.Apply(Put(_document));
        StateSamples.Encode(datastore, _profile, _document.ContentKey, 3, 4, 1);
    }

    private string Segment => Directory.GetFiles(_home.Root, "*.seg", SearchOption.AllDirectories).Single();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Every_flipped_byte_is_detected()
    {
        byte[] whole = File.ReadAllBytes(Segment);
        string damaged = Path.Combine(_home.Root, "damaged.seg");
        Assert.False(IsDetected(whole));
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] bytes = (byte[])whole.Clone();
            bytes[i] ^= (byte)(1 << (i % 8));
            Assert.True(IsDetected(bytes), $"byte {i} of {whole.Length}");
        }

        bool IsDetected(byte[] bytes)
        {
            File.WriteAllBytes(damaged, bytes);
            try
            {
                using var reader = SegmentReader.Open(damaged, _profile);
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
        byte[] whole = File.ReadAllBytes(Segment);
        string damaged = Path.Combine(_home.Root, "damaged.seg");
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(damaged, whole[..length]);
            Assert.ThrowsAny<DatastoreException>(() => SegmentReader.Open(damaged, _profile));
        }
    }

    [Fact]
    public void A_damaged_page_hides_its_passages_only_and_is_named()
    {
        const int Passages = 2000;
        NewDocument large = Document("large", Enumerable.Range(0, Passages).Select(i => $"{i}").ToArray());
        using Datastore datastore = _home.Home.Open("test");
        datastore.Apply(Put(large));
        string before = Segment;
        StateSamples.Encode(datastore, _profile, large.ContentKey, Passages, 8, 1);
        string segment = Directory.GetFiles(Path.GetDirectoryName(before)!, "*.seg").Single(file => file != before);
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(segment, bytes);

        using DatastoreSnapshot snapshot = datastore.Snapshot();
        StateIndex states = snapshot.States(_profile.Key)!;
        var query = new StateQuery(new float[StateSamples.Width], [1]);
        int pooled = states.ScorePooled(new float[StateSamples.Width], PassageScope.All).Length;
        int signs = states.ScoreTokens(query, PassageScope.All).Length;
        long first = snapshot.Documents.All.Single(document => document.Path == "large").FirstPassage;
        int refined = states
            .Rescore(query, Enumerable.Range(0, Passages).Select(i => first + i).ToArray())
            .Count(score => !float.IsNaN(score));
        Assert.Equal(Passages + 3, pooled);
        Assert.InRange(signs, Passages / 2, Passages + 3);
        Assert.InRange(refined, Passages / 4, Passages - 1);
        Assert.Contains(states.Damage, text => text.Contains(segment, StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_segment_is_named_and_the_rest_is_searched()
    {
        File.Delete(Segment);
        using Datastore datastore = _home.Home.Open("test");
        using DatastoreSnapshot snapshot = datastore.Snapshot();
        StateIndex states = snapshot.States(_profile.Key)!;
        Assert.Empty(states.ScorePooled(new float[StateSamples.Width], PassageScope.All));
        Assert.Contains("missing", Assert.Single(states.Damage), StringComparison.Ordinal);
        Assert.Equal(3, snapshot.Documents.PassageCount);
    }

    [Fact]
    public void States_of_another_content_are_not_taken_for_the_expected_ones()
    {
        using var reader = SegmentReader.Open(Segment, _profile);
        var run = new StateRun(_document.ContentKey, 0, 3, 0);
        Assert.True(reader.Holds(run));
        Assert.True(reader.Holds(run with { FirstOrdinal = 1, FirstSlot = 1, Passages = 2 }));
        Assert.False(reader.Holds(run with { Content = Key("other") }));
        Assert.False(reader.Holds(run with { FirstSlot = 1 }));
        Assert.False(reader.Holds(run with { Passages = 4 }));
    }
}
