using System.IO.Compression;
using System.Security.Cryptography;
using McpLongContext.Storage.Backups;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sqlite;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Backups;

public sealed class DatastoreBackupTests : IDisposable
{
    private const string Encoder = "encoder";
    private const int Dimensions = 64;

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly string _folder = Directory.CreateTempSubdirectory("backup-").FullName;

    public DatastoreBackupTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(Document("a.txt", "apple banana", "cherry"), Document("b.txt", "date elder")));
        Encode(_datastore, "a.txt");
    }

    private string File => Path.Combine(_folder, "test.backup");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_restored_datastore_holds_the_same()
    {
        DatastoreBackup.Write(_datastore, File);
        _datastore.Apply(Put(Document("c.txt", "later")));

        DatastoreBackup.Restore(File, _home.Home, "restored");

        using var restored = _home.Home.Open("restored");
        using var snapshot = restored.Snapshot();
        Assert.Equal(["a.txt", "b.txt"], snapshot.Documents.All.Select(document => document.Path));
        Assert.Equal("apple bananacherry", snapshot.Passages.TextOf(snapshot.Documents.All[0]));
        Assert.Equal(2, snapshot.Embeddings(Encoder)!.Passages);
        Assert.Empty(restored.Verify(repair: false));
        Assert.Equal([File], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Both_datastores_live_on_by_themselves()
    {
        DatastoreBackup.Write(_datastore, File);
        DatastoreBackup.Restore(File, _home.Home, "restored");
        using (var restored = _home.Home.Open("restored"))
        {
            restored.Apply(Put(Document("c.txt", "fig")));
        }

        _home.Home.Remove("restored");

        using var snapshot = _datastore.Snapshot();
        Assert.Equal(2, snapshot.Documents.All.Count);
        Assert.False(_datastore.IsRemoved);
    }

    [Fact]
    public void A_taken_name_is_refused()
    {
        DatastoreBackup.Write(_datastore, File);

        var error = Assert.Throws<DatastoreException>(() => DatastoreBackup.Restore(File, _home.Home, "test"));

        Assert.Contains("already", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside.db")]
    [InlineData("states/../../outside.seg")]
    [InlineData("states/deeper/file.seg")]
    [InlineData("/outside.seg")]
    public void An_archive_writes_nothing_elsewhere(string entry)
    {
        DatastoreBackup.Write(_datastore, File);
        using (var archive = ZipFile.Open(File, ZipArchiveMode.Update))
        {
            archive.CreateEntry(entry);
        }

        Assert.Throws<DatastoreException>(() => DatastoreBackup.Restore(File, _home.Home, "restored"));
        Assert.Equal(["test"], _home.Home.List());
    }

    [Fact]
    public void A_damaged_backup_is_refused_or_its_damage_is_found()
    {
        DatastoreBackup.Write(_datastore, File);
        var bytes = System.IO.File.ReadAllBytes(File);
        var random = new Random(7420);
        for (var flip = 0; flip < 40; flip++)
        {
            var at = random.Next(bytes.Length);
            bytes[at] ^= 0x10;
            System.IO.File.WriteAllBytes(File, bytes);
            bytes[at] ^= 0x10;
            try
            {
                DatastoreBackup.Restore(File, _home.Home, "restored");
            }
            catch (DatastoreException)
            {
                continue;
            }

            using (var restored = _home.Home.Open("restored"))
            using (var snapshot = restored.Snapshot())
            {
                // Bits that mean nothing, such as the time of an entry, or a segment that is missed.
                Assert.Equal(2, snapshot.Documents.All.Count);
                Assert.Equal("apple bananacherry", snapshot.Passages.TextOf(snapshot.Documents.All[0]));
            }

            _home.Home.Remove("restored");
        }
    }

    [Fact]
    public void A_database_that_names_a_file_elsewhere_is_refused()
    {
        DatastoreBackup.Write(_datastore, File, TestContext.Current.CancellationToken);
        var draft = File + ".db";
        using (var archive = ZipFile.Open(File, ZipArchiveMode.Update))
        {
            var entry = archive.GetEntry("datastore.db")!;
            entry.ExtractToFile(draft);
            using (var database = Database.Open(draft, create: false))
            {
                database.Execute("UPDATE segments SET file = '../../elsewhere.seg'");
                database.Execute("PRAGMA journal_mode = DELETE");
            }

            entry.Delete();
            archive.CreateEntryFromFile(draft, "datastore.db");
            var mark = archive.GetEntry("mcp-long-context.backup")!;
            using var reader = new StreamReader(mark.Open());
            var lines = reader.ReadToEnd().Split('\n');
            reader.Dispose();
            lines[1] = $"{Convert.ToHexStringLower(SHA256.HashData(System.IO.File.ReadAllBytes(draft)))} datastore.db";
            mark.Delete();
            using var writer = new StreamWriter(archive.CreateEntry("mcp-long-context.backup").Open());
            writer.Write(string.Join('\n', lines));
        }

        var error = Assert.Throws<DatastoreException>(() => DatastoreBackup.Restore(File, _home.Home, "restored"));

        Assert.Contains("it is not whole", error.Message, StringComparison.Ordinal);
        Assert.False(_home.Home.Exists("restored"));
    }

    [Fact]
    public void A_segment_of_another_datastore_is_taken_over()
    {
        using var other = _home.Home.OpenOrCreate("other");
        other.Apply(Put(Document("a.txt", "apple banana", "cherry")));
        using var source = _datastore.Snapshot();
        using (var segment = System.IO.File.OpenRead(Assert.Single(source.EmbeddingFiles(Encoder))))
        {
            other.Adopt(Profile(), segment);
        }

        using var snapshot = other.Snapshot();
        Assert.Equal(2, snapshot.Embeddings(Encoder)!.Passages);
        Assert.Empty(snapshot.Pending(Encoder));
        Assert.Empty(other.Verify(repair: false));
    }

    private static EmbeddingProfile Profile()
    {
        var ones = new float[Dimensions];
        Array.Fill(ones, 1);
        return new EmbeddingProfile
        {
            Key = Encoder,
            Mean = new float[Dimensions],
            Deviation = ones,
        };
    }

    private static void Encode(Datastore datastore, string path)
    {
        using var snapshot = datastore.Snapshot();
        Assert.True(snapshot.Documents.TryFind(path, out var document));
        var writer = datastore.WriteEmbeddings(Profile());
        int[] tokens = [.. Enumerable.Repeat(2, document.PassageCount)];
        var random = new Random(1);
        float[] Numbers(int count) =>
            [.. Enumerable.Range(0, count * Dimensions).Select(_ => (float)(random.NextDouble() - 0.5))];

        writer.Add(document.ContentKey, 0, tokens, Numbers(tokens.Sum()), Numbers(tokens.Length));
        writer.Publish();
    }
}
