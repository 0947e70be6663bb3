using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Keys;

public sealed class KeyIndexTests : KeyDatastore
{
    [Fact]
    public void What_was_written_is_read_back_by_document_after_the_datastore_was_closed()
    {
        var writer = Datastore.WriteKeys(Profile, KeySamples.Planes);
        var (noteIds, noteKeys) = KeySamples.Add(writer, Note.ContentKey, [70], seed: 1);
        var (bookIds, bookKeys) = KeySamples.Add(writer, Book.ContentKey, [3_000, 0, 5], seed: 2);
        writer.Publish();
        Reopen();

        using var snapshot = Datastore.Snapshot();
        var keys = snapshot.Keys(Profile.Key)!;

        Assert.Equal(3_075, keys.Tokens);
        Assert.Equal(["book", "note"], keys.Documents.Select(document => document.Document.Path));
        Assert.Equal(bookIds, KeySamples.Ids(keys.Documents[0]));
        Assert.Equal(noteIds, KeySamples.Ids(keys.Documents[1]));
        for (var plane = 0; plane < KeySamples.Planes; plane++)
        {
            Assert.Equal(bookKeys.Codes(plane, 0, 3_005), KeySamples.Codes(keys.Documents[0], plane));
            Assert.Equal(noteKeys.Codes(plane, 0, 70), KeySamples.Codes(keys.Documents[1], plane));
            Assert.Equal(bookKeys.Scales(plane, 1_234, 9), keys.Documents[0].Blocks[0].Scales(plane, 1_234, 9));
        }
    }

    [Fact]
    public void A_vector_is_its_scale_times_its_codes()
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [40], seed: 7);
        using var snapshot = Datastore.Snapshot();
        var keys = Assert.Single(Assert.Single(snapshot.Keys(Profile.Key)!.Documents).Blocks);
        var vectors = KeySamples.Vectors(7, plane: 1, tokens: 40);
        for (var i = 0; i < vectors.Length; i++)
        {
            var scale = keys.Scales(1, i / KeySamples.Width, 1)[0];
            int code = keys.Codes(1, i / KeySamples.Width, 1)[i % KeySamples.Width];
            Assert.Equal(vectors[i], scale * code, scale * 0.501f);
        }
    }

    [Fact]
    public void Every_token_knows_its_passage()
    {
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [2, 0, 3], seed: 1);
        using var snapshot = Datastore.Snapshot();
        var keys = Assert.Single(snapshot.Keys(Profile.Key)!.Documents[0].Blocks);

        Assert.Equal([(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)], Enumerable.Range(0, 5).Select(keys.PassageOf));
    }

    [Fact]
    public void A_token_after_passages_without_any_is_not_counted_to_them()
    {
        var sparse = Document("sparse", "1", "2", "3", "4", "5");
        Datastore.Apply(Put(sparse));
        KeySamples.Encode(Datastore, Profile, sparse.ContentKey, [1, 0, 0, 0, 1], seed: 1);
        using var snapshot = Datastore.Snapshot();
        var keys = Assert.Single(Assert.Single(snapshot.Keys(Profile.Key)!.Documents).Blocks);

        Assert.Equal([(0, 0), (4, 0)], Enumerable.Range(0, 2).Select(keys.PassageOf));
    }

    [Fact]
    public void Keys_may_be_added_to_a_buffer_bit_by_bit_and_read_from_any_token_on()
    {
        var shape = new KeyShape(KeySamples.Planes, KeySamples.Width);
        (KeyBuffer whole, KeyBuffer parts) = (new(shape), new(shape));
        for (var plane = 0; plane < KeySamples.Planes; plane++)
        {
            var vectors = KeySamples.Vectors(3, plane, tokens: 5);
            whole.Append(plane, vectors);
            parts.Append(plane, vectors.AsSpan(0, 2 * KeySamples.Width));
            parts.Append(plane, vectors.AsSpan(2 * KeySamples.Width));
        }

        for (var plane = 0; plane < KeySamples.Planes; plane++)
        {
            Assert.Equal(whole.Codes(plane, 0, 5), parts.Codes(plane, 0, 5));
            Assert.Equal(whole.Scales(plane, 0, 5), parts.Scales(plane, 0, 5));
            Assert.Equal(whole.Codes(plane, 0, 5)[(3 * KeySamples.Width)..], whole.Codes(plane, 3, 2));
            Assert.Equal(whole.Scales(plane, 0, 5)[3..], whole.Scales(plane, 3, 2));
        }

        parts.Clear();
        Assert.Equal(0, parts.Tokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => parts.Codes(0, 0, 1).Length);
        parts.Append(0, KeySamples.Vectors(3, 0, tokens: 5));
        Assert.Equal(whole.Codes(0, 0, 5), parts.Codes(0, 0, 5));
        Assert.Equal(KeySamples.Planes * (KeySamples.Width + 4), shape.TokenBytes);
    }

    [Fact]
    public void A_writer_publishes_what_was_added_since_and_nothing_at_all_makes_no_segment()
    {
        var writer = Datastore.WriteKeys(Profile, KeySamples.Planes);
        writer.Publish();
        writer.Add(Note.ContentKey, 0, [], [], new KeyBuffer(writer.Shape));
        writer.Publish();
        Assert.False(Directory.Exists(Path.Combine(Datastore.Folder, "states")));

        (var noteIds, _) = KeySamples.Add(writer, Note.ContentKey, [4], seed: 1);
        writer.Publish();
        Assert.Equal(0, writer.Tokens);
        var (bookIds, bookKeys) = KeySamples.Add(writer, Book.ContentKey, [1, 2, 3], seed: 2);
        writer.Publish();

        using var snapshot = Datastore.Snapshot();
        var documents = snapshot.Keys(Profile.Key)!.Documents;
        Assert.Equal(bookIds, KeySamples.Ids(documents[0]));
        Assert.Equal(bookKeys.Codes(1, 0, 6), KeySamples.Codes(documents[0], 1));
        Assert.Equal(noteIds, KeySamples.Ids(documents[1]));
        Assert.Equal(10, snapshot.Statistics().Encoders[0].Tokens);
    }

    [Fact]
    public void The_keys_of_an_encoder_are_gone_when_they_are_dropped()
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        Datastore.DropEmbeddings(Profile.Key);
        using var snapshot = Datastore.Snapshot();
        Assert.Null(snapshot.Keys(Profile.Key));
        Assert.Equal(2, snapshot.Pending(Profile.Key).Count);
        Assert.Empty(Datastore.Verify(repair: false));
    }

    [Fact]
    public void Passages_may_come_piece_by_piece_and_those_that_lack_keys_are_pending()
    {
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [4], seed: 1, firstOrdinal: 2);
        using (var snapshot = Datastore.Snapshot())
        {
            var pending = snapshot.Pending(Profile.Key);
            Assert.Equal(["book", "note"], pending.Select(one => one.Document.Path));
            Assert.Equal([new OrdinalRun(0, 2)], snapshot.Missing(Profile.Key, pending[0].Document));
        }

        (var first, _) = KeySamples.Encode(Datastore, Profile, Book.ContentKey, [2, 3], seed: 2);
        using var after = Datastore.Snapshot();
        var book = Assert.Single(after.Keys(Profile.Key)!.Documents);
        Assert.Equal([0, 2], book.Blocks.Select(block => block.FirstOrdinal));
        Assert.Equal(first, KeySamples.Ids(book)[..5]);
        Assert.Equal(9, after.Keys(Profile.Key)!.Tokens);
    }

    [Fact]
    public void Keys_of_several_models_stand_side_by_side_and_beside_states()
    {
        var other = EmbeddingProfile.OfKeys("other decoder", 8);
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        KeySamples.Encode(Datastore, other, Note.ContentKey, [5], seed: 2);
        StateSamples.Encode(Datastore, StateSamples.Profile(), Note.ContentKey, 1, 4, 1);

        using var snapshot = Datastore.Snapshot();
        Assert.Equal(3, snapshot.Keys(Profile.Key)!.Tokens);
        Assert.Equal(5, snapshot.Keys(other.Key)!.Tokens);
        Assert.Equal(1, snapshot.Embeddings("test-encoder")!.Passages);
        Assert.Null(snapshot.Embeddings(Profile.Key));
        Assert.Null(snapshot.Keys("test-encoder"));
        Assert.Equal(
            [("decoder;layer 8;head 1", EmbeddingPrecision.Key, 3L), ("other decoder", EmbeddingPrecision.Key, 5L)],
            snapshot
                .Statistics()
                .Encoders.Where(encoder => encoder.Precision == EmbeddingPrecision.Key)
                .Select(encoder => (encoder.Encoder, encoder.Precision, encoder.Tokens))
        );
    }

    [Fact]
    public void One_key_a_token_with_its_origin_takes_less_than_100_bytes()
    {
        const int Tokens = 20_000;
        var keys = new KeyBuffer(new KeyShape(Planes: 1, Dimensions: 64));
        keys.Append(0, new float[Tokens * 64]);
        var writer = Datastore.WriteKeys(EmbeddingProfile.OfKeys("wide", 64));
        writer.Add(Note.ContentKey, 0, [Tokens], new int[Tokens], keys);
        writer.Publish();

        using var snapshot = Datastore.Snapshot();
        var statistics = Assert.Single(snapshot.Statistics().Encoders);
        Assert.Equal(new FileInfo(Assert.Single(Segments)).Length, statistics.Bytes);
        Assert.InRange(statistics.BytesPerToken, 72, 73);
    }

    [Fact]
    public void A_snapshot_goes_on_seeing_what_it_saw()
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        using var before = Datastore.Snapshot();
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [2, 2, 2], seed: 2);
        Datastore.Compact();

        Assert.Equal(3, before.Keys(Profile.Key)!.Tokens);
        Assert.Equal([10_000, 10_001, 10_002], KeySamples.Ids(Assert.Single(before.Keys(Profile.Key)!.Documents)));
    }

    [Fact]
    public void Compaction_merges_segments_gives_removed_documents_back_and_changes_no_key()
    {
        var (noteIds, noteKeys) = KeySamples.Encode(Datastore, Profile, Note.ContentKey, [70], seed: 1);
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [30, 1, 2], seed: 2);
        var late = Document("z", "late");
        Datastore.Apply(Put(late));
        var (lateIds, lateKeys) = KeySamples.Encode(Datastore, Profile, late.ContentKey, [9], seed: 3);
        Datastore.Apply(Remove("book"));
        var before = Segments.Sum(file => new FileInfo(file).Length);

        Datastore.Compact();

        Assert.Single(Segments);
        Assert.InRange(new FileInfo(Segments[0]).Length, 1, before - 1);
        Reopen();
        using var snapshot = Datastore.Snapshot();
        var documents = snapshot.Keys(Profile.Key)!.Documents;
        Assert.Equal(["note", "z"], documents.Select(document => document.Document.Path));
        Assert.Equal(noteIds, KeySamples.Ids(documents[0]));
        Assert.Equal(lateIds, KeySamples.Ids(documents[1]));
        Assert.Equal(noteKeys.Codes(1, 0, 70), KeySamples.Codes(documents[0], 1));
        Assert.Equal(lateKeys.Codes(0, 0, 9), KeySamples.Codes(documents[1], 0));
        for (var plane = 0; plane < KeySamples.Planes; plane++)
        {
            Assert.Equal(noteKeys.Scales(plane, 0, 70), documents[0].Blocks[0].Scales(plane, 0, 70));
            Assert.Equal(lateKeys.Scales(plane, 0, 9), documents[1].Blocks[0].Scales(plane, 0, 9));
        }

        Assert.Empty(Datastore.Verify(repair: false));
    }

    [Fact]
    public void Keys_of_a_removed_document_are_gone_at_once_and_those_of_a_renamed_one_stay()
    {
        KeySamples.Encode(Datastore, Profile, Note.ContentKey, [3], seed: 1);
        KeySamples.Encode(Datastore, Profile, Book.ContentKey, [1, 1, 1], seed: 2);
        Datastore.Apply(new CatalogChange { Remove = ["book", "note"], Put = [Document("moved", "four")] });

        using var snapshot = Datastore.Snapshot();
        Assert.Equal("moved", Assert.Single(snapshot.Keys(Profile.Key)!.Documents).Document.Path);
        Assert.Empty(snapshot.Pending(Profile.Key));
    }

    [Fact]
    public void A_block_never_gives_tokens_of_its_neighbor()
    {
        var writer = Datastore.WriteKeys(Profile, KeySamples.Planes);
        KeySamples.Add(writer, Book.ContentKey, [1, 1, 1], seed: 1);
        KeySamples.Add(writer, Note.ContentKey, [3], seed: 2);
        writer.Publish();
        using var snapshot = Datastore.Snapshot();
        var book = snapshot.Keys(Profile.Key)!.Documents[0].Blocks[0];
        var note = snapshot.Keys(Profile.Key)!.Documents[1].Blocks[0];

        Assert.Throws<ArgumentOutOfRangeException>(() => book.Ids(1, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.Codes(0, -1, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.Scales(KeySamples.Planes, 0, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.Codes(KeySamples.Planes, 0, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.Codes(-1, 0, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.Ids(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => note.PassageOf(3));
    }

    [Fact]
    public void Keys_that_do_not_fit_are_not_added()
    {
        var writer = Datastore.WriteKeys(Profile, KeySamples.Planes);
        var keys = new KeyBuffer(writer.Shape);
        Assert.Throws<ArgumentException>(() => writer.Add(Note.ContentKey, 0, [2], [1, 2], keys));
        Assert.Throws<ArgumentException>(() => writer.Add(Note.ContentKey, 0, [], [1], keys));
        Assert.Throws<ArgumentException>(() => writer.Add(Note.ContentKey, 0, [], [], new KeyBuffer(new(3, 8))));
        Assert.Throws<ArgumentNullException>(() => writer.Add(Note.ContentKey, 0, [], [], null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(Note.ContentKey, -1, [], [], keys));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(Note.ContentKey, 0, [1, -1], [], keys));
        var error = Assert.Throws<ArgumentException>(() => keys.Append(0, new float[3]));
        Assert.Contains($"3 numbers found, expected a multiple of {KeySamples.Width}", error.Message);
        Assert.Equal(0, writer.Tokens);
        error = Assert.Throws<ArgumentException>(() => Datastore.WriteEmbeddings(Profile));
        Assert.Contains("expected one of embeddings", error.Message);
        error = Assert.Throws<ArgumentException>(() => Datastore.WriteKeys(StateSamples.Profile()));
        Assert.Contains("expected one of keys", error.Message);
        Assert.Throws<ArgumentNullException>(() => Datastore.WriteKeys(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => Datastore.WriteKeys(Profile, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Datastore.WriteKeys(Profile, KeyShape.MaxPlanes + 1));
    }
}
