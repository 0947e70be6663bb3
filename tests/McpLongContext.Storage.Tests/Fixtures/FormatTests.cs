using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Tests.Embeddings;

namespace McpLongContext.Storage.Tests.Fixtures;

/// <summary>Datastores that were written once and must open for good; and those of a format that is to come.</summary>
public sealed class FormatTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(FormatFixture.First)]
    public void A_committed_datastore_opens_verifies_clean_and_answers(string format)
    {
        using var datastore = _home.Home.Open(CopyOf(format));

        Assert.Empty(datastore.Verify(repair: false));
        using var snapshot = datastore.Snapshot();
        Assert.Equal(
            FormatFixture.Documents.Select(document => document.Path),
            snapshot.Documents.All.Select(document => document.Path)
        );
        Assert.Equal(
            string.Concat(FormatFixture.Documents[0].Passages.Select(passage => passage.Text)),
            snapshot.Passages.TextOf(snapshot.Documents.All[0])
        );
        Assert.Equal("128", snapshot.Setting("chunk_size"));
        Assert.Equal(2, BestByWords(snapshot, "whale"));
        Assert.Equal(5, BestByWords(snapshot, "zwölf"));
        Assert.Equal(3, Assert.Single(snapshot.Exact.Find("ParseBeaconCode", PassageScope.All, 10)).Passage);
        Assert.Empty(snapshot.Pending(FormatFixture.Encoder.Key));
        Assert.Equal(2, BestByStates(snapshot, passage: 2));
    }

    /// <summary>Otherwise a removal reads a whole table for each row, to see that nothing refers to it.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(FormatFixture.First)]
    public void What_refers_to_a_document_or_a_segment_is_found_by_an_index(string? format)
    {
        using var datastore = _home.Home.OpenOrCreate(format is null ? "new" : CopyOf(format));
        var scanned = new List<string>();
        datastore.Maintain(database =>
        {
            using var rows = database.Prepare(
                """
                SELECT t.name || '.' || f."from" FROM sqlite_master t, pragma_foreign_key_list(t.name) f
                WHERE t.type = 'table' AND f."table" IN ('documents', 'segments') AND NOT EXISTS (
                  SELECT 1 FROM pragma_index_list(t.name) l, pragma_index_info(l.name) i
                  WHERE i.seqno = 0 AND i.name = f."from")
                """
            );
            while (rows.Step())
            {
                scanned.Add(rows.Text(0));
            }
        });

        Assert.Empty(scanned);
    }

    [Fact]
    public void The_present_format_is_the_newest_committed_one() =>
        Assert.True(
            File.Exists(DatastoreIdentity.DatabasePath(FormatFixture.FolderOf(FormatFixture.Present))),
            "Run Write_the_committed_datastore and commit what it wrote."
        );

    [Fact]
    public void A_datastore_of_a_newer_format_is_refused_and_left_as_it_is()
    {
        var name = CopyOf(FormatFixture.First);
        var file = DatastoreIdentity.DatabasePath(Path.Combine(_home.Root, "datastores", name));
        using (var database = Database.Open(file, create: false))
        {
            database.Execute($"PRAGMA user_version = {Schema.SharingVersion + 1}");
        }

        var error = Assert.Throws<DatastoreException>(() => _home.Home.OpenOrCreate(name));

        Assert.Equal(
            $"The datastore '{file}' has format {Schema.SharingVersion + 1}; this program reads up to "
                + $"{Schema.SharingVersion}. "
                + "Update the program, or remove the datastore and ingest again.",
            error.Message
        );
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void A_database_of_another_program_is_no_datastore()
    {
        var name = CopyOf(FormatFixture.First);
        var file = DatastoreIdentity.DatabasePath(Path.Combine(_home.Root, "datastores", name));
        using (var database = Database.Open(file, create: false))
        {
            database.Execute("PRAGMA application_id = 7");
        }

        var error = Assert.Throws<DatastoreException>(() => _home.Home.Open(name));
        Assert.Contains($"'{file}' is not a datastore of McpLongContext", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_of_an_older_format_is_named_dropped_and_computed_again()
    {
        var name = CopyOf(FormatFixture.First);
        RestampSegment(name, EmbeddingSegmentLayout.Format - 1);
        using var datastore = _home.Home.Open(name);
        using (var snapshot = datastore.Snapshot())
        {
            Assert.Equal(2, BestByWords(snapshot, "whale"));
            var damage = Assert.Single(snapshot.Embeddings(FormatFixture.Encoder.Key)!.Damage);
            Assert.Contains("which is no longer read", damage, StringComparison.Ordinal);
        }

        datastore.Verify(repair: true);

        using var repaired = datastore.Snapshot();
        Assert.Equal(2, repaired.Pending(FormatFixture.Encoder.Key).Count);
    }

    [Fact]
    public void A_segment_of_a_newer_format_is_named_and_the_words_still_answer()
    {
        var name = CopyOf(FormatFixture.First);
        RestampSegment(name, EmbeddingSegmentLayout.Format + 1);

        using var datastore = _home.Home.Open(name);
        using var snapshot = datastore.Snapshot();

        Assert.Equal(2, BestByWords(snapshot, "whale"));
        var damage = Assert.Single(snapshot.Embeddings(FormatFixture.Encoder.Key)!.Damage);
        Assert.Contains("this program reads up to", damage, StringComparison.Ordinal);
    }

    /// <summary>Gives the only segment of a datastore another version of its format.</summary>
    private void RestampSegment(string name, int version)
    {
        var segment = Directory.GetFiles(Path.Combine(_home.Root, "datastores", name, "states")).Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[8] = (byte)version;
        File.WriteAllBytes(segment, bytes);
    }

    /// <summary>A copy of a committed datastore that may be changed; returns its name.</summary>
    private string CopyOf(string name)
    {
        var source = FormatFixture.FolderOf(name);
        var target = Path.Combine(_home.Root, "datastores", name);
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return name;
    }

    private static long BestByWords(DatastoreSnapshot snapshot, string term) =>
        snapshot
            .Lexical.Search([new WeightedTerm(TermAnalyzer.Terms(term)[0])], PassageScope.All, 1, new ColumnWeights())[
                0
            ]
            .Passage;

    /// <summary>The passage whose embeddings are nearest to those of a passage of the first document, as they were made.</summary>
    private static long BestByStates(DatastoreSnapshot snapshot, int passage)
    {
        const int Tokens = FormatFixture.TokensPerPassage;
        var passages = FormatFixture.Documents[0].Passages.Count;
        var embeddings = StateSamples.Random(FormatFixture.Encoder, passages * Tokens, FormatFixture.Seed + passages);
        var query = new LateInteractionQuery(
            embeddings.AsSpan((passage - 1) * Tokens * StateSamples.Width, Tokens * StateSamples.Width).ToArray(),
            Enumerable.Repeat(1f, Tokens).ToArray()
        );
        return snapshot
            .Embeddings(FormatFixture.Encoder.Key)!
            .ScoreTokens(query, PassageScope.All)
            .MaxBy(scored => scored.Score)
            .Passage;
    }
}
