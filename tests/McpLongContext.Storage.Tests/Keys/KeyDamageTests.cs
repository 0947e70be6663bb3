using System.Buffers.Binary;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Maintenance;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Keys;

public sealed class KeyDamageTests : KeyDatastore
{
    [Fact]
    public void A_damaged_page_is_named_and_repair_keeps_the_rest_and_makes_it_pending()
    {
        const int Passages = 400;
        var large = Document("large", [.. Enumerable.Range(0, Passages).Select(i => $"page {i}")]);
        Datastore.Apply(Put(large));
        int[] counts = [.. Enumerable.Repeat(30, Passages)];
        (var ids, _) = KeySamples.Encode(Datastore, Profile, large.ContentKey, counts, seed: 1);
        var segment = Segments.Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length * 3 / 4] ^= 4;
        File.WriteAllBytes(segment, bytes);
        Reopen();

        var report = Assert.Single(Datastore.Verify(repair: false));
        Assert.Equal((DamageCode.Segment, segment), (report.Code, report.Where));
        Assert.Equal(["large"], report.Documents);
        Datastore.Verify(repair: true);

        Assert.Empty(Datastore.Verify(repair: false));
        using var snapshot = Datastore.Snapshot();
        var stored = snapshot.Documents.All.Single(document => document.Path == "large");
        var lost = Assert.Single(snapshot.Missing(Profile.Key, stored));
        Assert.InRange(lost.Count, 1, Passages * 3 / 4);
        var kept = KeySamples.Ids(Assert.Single(snapshot.Keys(Profile.Key)!.Documents));
        Assert.Equal([.. ids[..(lost.First * 30)], .. ids[((lost.First + lost.Count) * 30)..]], kept);
    }

    /// <summary>Tokens, scales of the first plane, codes of the last one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_section_is_damaged_exactly_its_passages_are_pending_after_repair(int section)
    {
        const int Passages = 600;
        const int Tokens = 90 * Passages;
        var large = Document("large", [.. Enumerable.Range(0, Passages).Select(i => $"page {i}")]);
        Datastore.Apply(Put(large));
        KeySamples.Encode(Datastore, Profile, large.ContentKey, [.. Enumerable.Repeat(90, Passages)], seed: 1);
        var shape = new KeyShape(KeySamples.Planes, KeySamples.Width);
        var layout = new KeySegmentLayout(shape, Runs: 1, Passages, Tokens);
        var (at, width) = section switch
        {
            0 => (layout.IdAt(Tokens / 2), sizeof(int)),
            1 => (layout.ScaleAt(0, Tokens / 2), sizeof(float)),
            _ => (layout.CodeAt(1, Tokens / 2), KeySamples.Width),
        };
        var segment = Segments.Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[at] ^= 4;
        File.WriteAllBytes(segment, bytes);
        Reopen();

        Datastore.Verify(repair: true);

        // The page of the damage in tokens, and in the passages that these are of.
        var page = at / SegmentPages.PageBytes * SegmentPages.PageBytes;
        var section0 = at - (Tokens / 2 * (long)width);
        var first = Math.Max(0, (page - section0) / width) / 90;
        var last = Math.Min(Tokens - 1, (page + SegmentPages.PageBytes - 1 - section0) / width) / 90;
        using var snapshot = Datastore.Snapshot();
        var stored = snapshot.Documents.All.Single(document => document.Path == "large");
        var lost = Assert.Single(snapshot.Missing(Profile.Key, stored));
        Assert.Equal((first, last), (lost.First, lost.First + lost.Count - 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(KeyShape.MaxPlanes + 1)]
    public void A_header_with_a_number_of_planes_that_nobody_writes_is_refused(int planes)
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        var segment = Segments.Single();
        var layout = new KeySegmentLayout(new KeyShape(KeySamples.Planes, KeySamples.Width), 1, 1, 3);
        var body = File.ReadAllBytes(segment)[..(int)layout.BodyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(32), planes);
        var written = SegmentFile.Write(Home.Root, KeySegmentLayout.FileMagic, file => file.Append(body));

        var path = Path.Combine(Home.Root, written);
        var error = Assert.Throws<DatastoreCorruptException>(() => PublishedGeneration.OpenSegment(path, Profile));
        Assert.Contains($"'{path}' has {planes} planes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named_and_the_rest_is_read()
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        var lost = Segments.Single();
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [1, 1, 1], seed: 2);
        Reopen();
        File.Delete(lost);

        using var snapshot = Datastore.Snapshot();
        var keys = snapshot.Keys(Profile.Key)!;
        Assert.Equal("book", Assert.Single(keys.Documents).Document.Path);
        Assert.Contains(lost, Assert.Single(keys.Damage), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_byte_of_a_segment_is_detected()
    {
        var writer = Datastore.WriteKeys(Profile, KeySamples.Planes);
        KeySamples.Add(writer, Note.ContentKey, [3], seed: 1);
        KeySamples.Add(writer, Book.ContentKey, [1, 0, 1], seed: 2);
        writer.Publish();
        var whole = File.ReadAllBytes(Segments.Single());
        Assert.False(IsDetected(whole));
        for (var i = 0; i < whole.Length; i++)
        {
            byte[] bytes = [.. whole];
            bytes[i] ^= (byte)(1 << (i % 8));
            Assert.True(IsDetected(bytes), $"byte {i} of {whole.Length}");
        }

        for (var length = 0; length < whole.Length; length += 7)
        {
            Assert.True(IsDetected(whole[..length]), $"{length} of {whole.Length}");
        }
    }

    private bool IsDetected(byte[] bytes)
    {
        var damaged = Path.Combine(Home.Root, "damaged.seg");
        File.WriteAllBytes(damaged, bytes);
        try
        {
            using var segment = PublishedGeneration.OpenSegment(damaged, Profile);
            return segment.DamagedPages().Any();
        }
        catch (DatastoreException e)
        {
            Assert.Contains(damaged, e.Message, StringComparison.Ordinal);
            return true;
        }
    }
}
