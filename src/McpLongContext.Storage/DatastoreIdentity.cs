using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// Tells whether an open datastore is still the one under its name. It has a random identity, negated when it is
/// removed. The identity travels with the file: a removal is seen through handles of a file that was moved away, and a
/// new connection that reads another file is recognized.
/// </summary>
internal sealed class DatastoreIdentity(string name, string folder, Database database)
{
    private readonly long _identity = Math.Abs(Read(database));

    /// <summary>The identity with which it was opened.</summary>
    public long Value => _identity;

    /// <summary>The file that a datastore in <paramref name="folder"/> has.</summary>
    public static string DatabasePath(string folder) => Path.Combine(folder, "datastore.db");

    /// <summary>
    /// Tells everybody who has the datastore open that it is being removed, or that it stays after all.
    /// </summary>
    public static void MarkRemoved(string folder, bool isRemoved)
    {
        using var database = Database.Open(DatabasePath(folder), create: false);
        database.Execute($"UPDATE counters SET value = {(isRemoved ? "-" : "")}abs(value) WHERE key = 'identity'");
    }

    /// <summary>Whether the connection's file is not, or no more, the datastore that was opened.</summary>
    public bool IsGone(Database connection) => !File.Exists(DatabasePath(folder)) || Read(connection) != _identity;

    /// <summary>Throws when it is gone.</summary>
    public void Require(Database connection)
    {
        if (IsGone(connection))
        {
            throw Removed();
        }
    }

    /// <summary>Opens another connection.</summary>
    /// <exception cref="DatastoreRemovedException">There is no file any more.</exception>
    public Database Connect() =>
        File.Exists(DatabasePath(folder)) ? Database.Open(DatabasePath(folder), create: false) : throw Removed();

    private static long Read(Database database) =>
        database.Scalar("SELECT value FROM counters WHERE key = 'identity'") ?? 0;

    private DatastoreRemovedException Removed() =>
        new($"The datastore '{name}' was removed from '{folder}'. Ingest its sources again.");
}
