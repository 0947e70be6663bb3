namespace McpLongContext.Storage.Tests;

public sealed class SnapshotSourceTests
{
    [Fact]
    public void A_crowd_of_readers_leaves_few_connections_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Counts the handles of the process.");
        using var home = new TemporaryHome();
        using Datastore datastore = home.Home.OpenOrCreate("test");
        datastore.Apply(TemporaryHome.Put(TemporaryHome.Document("a", "one")));
        // The log's handles: SQLite puts off closing those of the database while the process has a lock on it.
        string file = DatastoreIdentity.DatabasePath(datastore.Folder) + "-wal";
        var crowd = Enumerable.Range(0, 40).Select(_ => datastore.Snapshot()).ToList();
        Assert.InRange(Handles(), 40, 41);

        crowd.ForEach(snapshot => snapshot.Dispose());

        Assert.InRange(Handles(), 1, 9);
        using DatastoreSnapshot next = datastore.Snapshot();
        Assert.Single(next.Documents.All);

        int Handles() => Directory.GetFiles("/proc/self/fd").Count(handle => new FileInfo(handle).LinkTarget == file);
    }
}
