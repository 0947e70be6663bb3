using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>The log of the database cut at every length, as a crash of the machine may leave it.</summary>
public sealed class TornLogTests : IDisposable
{
    private const int Cuts = 61;

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_log_torn_anywhere_opens_with_whole_documents_from_the_first_on()
    {
        using var datastore = _home.Home.OpenOrCreate("source");
        for (var i = 0; i < 4; i++)
        {
            datastore.Apply(Put(Document($"{i}", $"one {i} ", $"two {i}")));
        }

        var log = File.ReadAllBytes(Path.Combine(datastore.Folder, "datastore.db-wal"));
        var torn = Path.Combine(_home.Root, "datastores", "torn");
        var most = 0;
        for (var cut = 0; cut <= Cuts; cut++)
        {
            var length = (int)((long)log.Length * cut / Cuts);
            Directory.CreateDirectory(torn);
            File.Copy(Path.Combine(datastore.Folder, "datastore.db"), Path.Combine(torn, "datastore.db"));
            File.WriteAllBytes(Path.Combine(torn, "datastore.db-wal"), log[..length]);
            using (var opened = _home.Home.Open("torn"))
            {
                Assert.Empty(opened.Verify(repair: false));
                using var snapshot = opened.Snapshot();
                foreach (var (document, i) in snapshot.Documents.All.Select((document, i) => (document, i)))
                {
                    Assert.Equal($"{i}", document.Path);
                    Assert.Equal($"one {i} two {i}", snapshot.Passages.TextOf(document));
                }

                Assert.True(snapshot.Documents.All.Count >= most);
                most = snapshot.Documents.All.Count;
            }

            Directory.Delete(torn, recursive: true);
        }

        Assert.Equal(4, most);
    }
}
