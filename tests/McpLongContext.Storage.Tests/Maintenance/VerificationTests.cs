using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.CompressiveMemories;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Maintenance;

public sealed class VerificationTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly EmbeddingProfile _profile = StateSamples.Profile();
    private readonly NewDocument[] _documents =
    [
        Document("a.txt", "alpha one", "alpha two"),
        Document("b.txt", "beta one", "beta two", "beta three"),
    ];

    public VerificationTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(_documents));
        foreach (var document in _documents)
        {
            StateSamples.Encode(_datastore, _profile, document.ContentKey, document.Passages.Count, 4, 1);
        }
    }

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    private string[] Segments => Directory.GetFiles(Path.Combine(_datastore.Folder, "states"));

    [Fact]
    public void A_whole_datastore_has_no_findings_and_repair_leaves_it_as_it_is()
    {
        var before = Generation();
        Assert.Empty(_datastore.Verify(repair: true));
        Assert.Equal(before, Generation());

        long Generation()
        {
            using var snapshot = _datastore.Snapshot();
            return snapshot.Generation;
        }
    }

    [Fact]
    public void A_verification_can_be_stopped_at_passages_at_segments_and_at_memories()
    {
        Assert.Throws<OperationCanceledException>(() => Verify(_datastore));
        using var words = _home.Home.OpenOrCreate("words");
        words.Apply(Put(_documents));
        Assert.Throws<OperationCanceledException>(() => Verify(words));
        using var embeddings = _home.Home.OpenOrCreate("states");
        embeddings.Apply(Put(_documents));
        StateSamples.Encode(embeddings, _profile, _documents[0].ContentKey, 2, 4, 1);
        embeddings.Apply(Remove("a.txt", "b.txt"));
        Assert.Throws<OperationCanceledException>(() => Verify(embeddings));
        using var memories = _home.Home.OpenOrCreate("memories");
        CompressiveMemoryProfile profile = new()
        {
            Model = "m",
            Adapter = "",
            Layers = 1,
            Heads = 1,
            HeadDim = 1,
            Rule = 1,
        };
        memories.ReplaceCompressiveMemory(profile, new float[profile.Floats], 0, null, []);
        Assert.Throws<OperationCanceledException>(() => Verify(memories));

        static void Verify(Datastore datastore) =>
            datastore.Verify(repair: true, new CancellationToken(canceled: true));
    }

    [Fact]
    public void A_damaged_text_is_never_cited_but_named_and_dropped_by_repair()
    {
        Damage("UPDATE passages SET text = 'beta twi' WHERE text = 'beta two'");
        using (var snapshot = _datastore.Snapshot())
        {
            var error = Assert.Throws<DatastoreCorruptException>(() => snapshot.Passages.Of(snapshot.Documents.All[1]));
            Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        }

        var found = AssertFinding("b.txt", DamageCode.Passages);
        Assert.Equal((1, 3), (found.LostPassages, found.ExpectedPassages));
        AssertRepairLeaves("a.txt");
    }

    [Theory]
    [InlineData("UPDATE passages SET start_line = 7 WHERE text = 'beta one'", DamageCode.Passages)]
    [InlineData("UPDATE passages SET document_id = 1 WHERE text = 'beta one'", DamageCode.Passages)]
    [InlineData("UPDATE passages SET document_id = 99 WHERE text = 'beta one'", DamageCode.Passages)]
    [InlineData("UPDATE documents SET first_passage = 2 WHERE path = 'b.txt'", DamageCode.DocumentEntry)]
    [InlineData("UPDATE documents SET content_key = x'00' WHERE path = 'b.txt'", DamageCode.DocumentEntry)]
    [InlineData("DELETE FROM passages WHERE text = 'beta one'", DamageCode.Passages)]
    public void Damaged_rows_cost_their_document_only(string damage, DamageCode code)
    {
        Damage(damage);
        using (var snapshot = _datastore.Snapshot())
        {
            var hits = snapshot.Lexical.Search(
                [new WeightedTerm("alpha"), new WeightedTerm("two")],
                PassageScope.All,
                10,
                new ColumnWeights()
            );
            Assert.Equal("a.txt", snapshot.Documents.OfPassage(hits[0].Passage).Path);
            Assert.All(hits, hit => Assert.NotNull(snapshot.Documents.OfPassage(hit.Passage)));
            Assert.NotEmpty(
                snapshot.Embeddings(_profile.Key)!.ScorePooled(new float[StateSamples.Width], PassageScope.All)
            );
            _ = snapshot.Pending(_profile.Key);
        }

        AssertFinding("b.txt", code);
        AssertRepairLeaves("a.txt");
    }

    [Theory]
    [InlineData("DELETE FROM lexical_docsize WHERE id = 2")]
    [InlineData("UPDATE lexical_data SET block = zeroblob(length(block)) WHERE id > 10")]
    public void A_lexical_index_that_is_damaged_is_built_anew(string damage)
    {
        Damage(damage);
        AssertFinding("datastore.db", DamageCode.LexicalIndex);
        AssertRepairLeaves("a.txt", "b.txt");
    }

    [Fact]
    public void Damage_of_the_database_itself_is_named_and_beyond_repair()
    {
        Damage(
            "PRAGMA writable_schema = ON; "
                + "UPDATE sqlite_schema SET sql = 'CREATE INDEX documents_content ON documents(kind)' "
                + "WHERE name = 'documents_content'"
        );
        using var fresh = _home.Home.Open("test");
        var reports = fresh.Verify(repair: true);
        Assert.NotEmpty(reports);
        Assert.All(
            reports,
            report =>
            {
                Assert.Equal(DatastoreIdentity.DatabasePath(_datastore.Folder), report.Where);
                Assert.Equal((DamageCode.Database, false), (report.Code, report.Repaired));
                Assert.EndsWith("documents_content", report.Subject, StringComparison.Ordinal);
            }
        );
    }

    [Theory]
    [InlineData("x''")]
    [InlineData("x'00'")]
    [InlineData("zeroblob(33)")]
    public void States_under_a_damaged_key_are_named_and_pending_again_after_repair(string key)
    {
        Damage($"UPDATE states SET content_key = {key} WHERE passage_count = 3");
        using (var damaged = _datastore.Snapshot())
        {
            Assert.Equal(2, damaged.Embeddings(_profile.Key)!.Passages);
        }

        Assert.Equal(3, AssertFinding(".seg", DamageCode.Segment).LostPassages);
        AssertRepairLeaves("a.txt", "b.txt");
        using var snapshot = _datastore.Snapshot();
        Assert.Equal("b.txt", Assert.Single(snapshot.Pending(_profile.Key)).Document.Path);
    }

    [Theory]
    [InlineData("x''")]
    [InlineData("zeroblob(33)")]
    public void A_document_with_a_damaged_key_is_replaced_when_it_is_ingested_again(string key)
    {
        Damage($"UPDATE documents SET content_key = {key} WHERE path = 'b.txt'");

        _datastore.Apply(Put(_documents));

        Assert.Empty(_datastore.Verify(repair: false));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal("beta onebeta twobeta three", snapshot.Passages.TextOf(snapshot.Documents.All[1]));
    }

    [Fact]
    public void Damaged_states_are_pending_again_after_repair()
    {
        var segment = Segments.Order().First();
        var bytes = File.ReadAllBytes(segment);
        bytes[^200] ^= 1;
        File.WriteAllBytes(segment, bytes);
        Assert.Single(AssertFinding(segment, DamageCode.Segment).Documents);
        AssertRepairLeaves("a.txt", "b.txt");
        using var snapshot = _datastore.Snapshot();
        Assert.Single(snapshot.Pending(_profile.Key));
    }

    [Fact]
    public void Repair_keeps_what_is_whole_of_a_damaged_segment()
    {
        const int Passages = 400;
        const int TokensPerPassage = 30;
        var book = Document("book.txt", Enumerable.Range(0, Passages).Select(i => $"page {i}").ToArray());
        _datastore.Apply(Put(book));
        StateSamples.Encode(_datastore, _profile, book.ContentKey, Passages, TokensPerPassage, 1);
        LateInteractionQuery query = new(StateSamples.Random(_profile, 2, 5), [1, 1]);
        var before = Rescore(query);
        var segment = Directory
            .GetFiles(Path.Combine(_datastore.Folder, "states"))
            .MaxBy(file => new FileInfo(file).Length)!;
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length * 3 / 4] ^= 4;
        File.WriteAllBytes(segment, bytes);

        Assert.Equal(["book.txt"], AssertFinding(segment, DamageCode.Segment).Documents);
        _datastore.Verify(repair: true);

        Assert.Empty(_datastore.Verify(repair: false));
        Assert.False(File.Exists(segment));
        using var snapshot = _datastore.Snapshot();
        var gap = Assert.Single(snapshot.Missing(_profile.Key, snapshot.Pending(_profile.Key).Single().Document));
        Assert.InRange(gap.Count, 1, Passages / 2);
        var after = Rescore(query);
        var first = snapshot
            .Documents.OfPassage(snapshot.Documents.All.Single(d => d.Path == "book.txt").FirstPassage)
            .FirstPassage;
        for (var i = 0; i < after.Length; i++)
        {
            var isLost = i + 1 >= first + gap.First && i + 1 < first + gap.First + gap.Count;
            Assert.Equal(isLost ? float.NaN : before[i], after[i]);
        }
    }

    private float[] Rescore(LateInteractionQuery query)
    {
        using var snapshot = _datastore.Snapshot();
        var passages = Enumerable.Range(1, (int)snapshot.Documents.PassageCount).Select(i => (long)i).ToArray();
        return snapshot.Embeddings(_profile.Key)!.Rescore(query, passages);
    }

    [Fact]
    public void A_damaged_encoder_loses_its_states()
    {
        Damage("UPDATE encoders SET mean = zeroblob(512)");
        Assert.Equal(_profile.Key, AssertFinding("datastore.db", DamageCode.EmbeddingProfile).Subject);
        AssertRepairLeaves("a.txt", "b.txt");
        StateSamples.Encode(_datastore, _profile, _documents[0].ContentKey, 2, 4, 1);
    }

    [Fact]
    public void A_missing_segment_file_is_found()
    {
        var segment = Directory.GetFiles(Path.Combine(_datastore.Folder, "states")).First();
        File.Delete(segment);
        Assert.Single(AssertFinding(segment, DamageCode.Segment).Documents);
        AssertRepairLeaves("a.txt", "b.txt");
    }

    [Fact]
    public void A_finding_counts_the_passages_of_a_segment_and_names_its_documents()
    {
        NewDocument[] put = [.. "abcd".Select(c => Document($"{c}.txt", $"{c} one", $"{c} two"))];
        _datastore.Apply(Put(put));
        var writer = _datastore.WriteEmbeddings(_profile);
        foreach (var document in put)
        {
            writer.Add(document.ContentKey, 0, [0, 0], [], new float[2 * StateSamples.Width]);
        }

        var before = Segments;
        writer.Publish();
        var segment = Segments.Except(before).Single();
        File.Delete(segment);
        var found = AssertFinding(segment, DamageCode.Segment);
        Assert.Equal(8, found.LostPassages);
        Assert.Equal(["a.txt", "b.txt", "c.txt", "d.txt"], found.Documents.Order());
    }

    [Fact]
    public void Looking_for_damage_writes_nothing()
    {
        var segment = Segments[0];
        var bytes = File.ReadAllBytes(segment);
        bytes[^200] ^= 1;
        File.WriteAllBytes(segment, bytes);
        Assert.Single(AssertFinding(segment, DamageCode.Segment).Documents);
        Assert.Equal(2, Segments.Length);
    }

    [Fact]
    public void Repair_drops_a_memory_of_a_document_that_it_drops()
    {
        CompressiveMemoryProfile profile = new()
        {
            Model = "m",
            Adapter = "",
            Layers = 1,
            Heads = 1,
            HeadDim = 1,
            Rule = 1,
        };
        var before = Segments;
        _datastore.ReplaceCompressiveMemory(profile, new float[profile.Floats], 9, null, [_documents[1].ContentKey]);
        var memory = Segments.Except(before).Single();
        Damage("UPDATE passages SET text = 'beta twi' WHERE text = 'beta two'");
        AssertRepairLeaves("a.txt");
        Assert.False(File.Exists(memory));
        Assert.Null(_datastore.ReadMemory(profile));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_counter_that_went_back_is_found(int next)
    {
        Damage($"UPDATE counters SET value = {next} WHERE key = 'next_passage'");
        Assert.Equal($"{next}", AssertFinding("datastore.db", DamageCode.PassageCounter).Subject);
        AssertRepairLeaves("a.txt", "b.txt");
        _datastore.Apply(Put(Document("c.txt", "gamma")));
    }

    [Fact]
    public void An_index_of_another_analyzer_is_built_anew_when_opened()
    {
        Damage(
            "UPDATE counters SET value = 0 WHERE key = 'analyzer'; INSERT INTO lexical(lexical) VALUES ('delete-all')"
        );
        using var again = _home.Home.Open("test");
        using var snapshot = again.Snapshot();
        Assert.Equal(3, snapshot.Lexical.DocumentFrequency("beta"));
        Assert.Empty(again.Verify(repair: false));
    }

    /// <summary>Changes what is stored as no user can, and lets the open datastore notice.</summary>
    private void Damage(string sql)
    {
        using var database = Database.Open(DatastoreIdentity.DatabasePath(_datastore.Folder), create: false);
        database.Execute("PRAGMA foreign_keys = OFF");
        database.Execute(sql);
        database.Execute("UPDATE counters SET value = value + 1 WHERE key = 'generation'");
    }

    private DamageReport AssertFinding(string where, DamageCode code)
    {
        using var fresh = _home.Home.Open("test");
        var reports = fresh.Verify(repair: false);
        return Assert.Single(
            reports
                .Where(report => report.Code == code && !report.Repaired)
                .Where(report => report.Where.EndsWith(where, StringComparison.Ordinal))
                .Take(1)
        );
    }

    private void AssertRepairLeaves(params string[] paths)
    {
        Assert.Contains(_datastore.Verify(repair: true), report => report.Repaired);
        Assert.Empty(_datastore.Verify(repair: false));
        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal(paths, snapshot.Documents.All.Select(document => document.Path));
            var hits = snapshot.Lexical.Search(
                [new WeightedTerm("alpha"), new WeightedTerm("beta")],
                PassageScope.All,
                10,
                new ColumnWeights()
            );
            Assert.All(hits, hit => Assert.NotNull(snapshot.Documents.OfPassage(hit.Passage)));
        }

        _datastore.Apply(Put(_documents));
        using var again = _datastore.Snapshot();
        Assert.Equal("beta onebeta twobeta three", again.Passages.TextOf(again.Documents.All[1]));
    }
}
