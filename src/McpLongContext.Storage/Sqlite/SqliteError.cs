using static SQLitePCL.raw;

namespace McpLongContext.Storage.Sqlite;

/// <summary>Turns SQLite's result codes into messages with a remedy.</summary>
internal static class SqliteError
{
    public static DatastoreException ToException(int code, string message, string path)
    {
        if (code == SQLITE_READONLY_DBMOVED)
        {
            return new DatastoreRemovedException($"The datastore '{path}' was removed. Ingest its sources again.");
        }

        // The low byte is the primary code, the rest tells variants of it.
        return (code & 0xFF) switch
        {
            SQLITE_BUSY or SQLITE_LOCKED => new DatastoreBusyException(
                $"The datastore '{path}' is being written by another process for too long. Try again when it is done."
            ),
            SQLITE_FULL => new DatastoreException(
                $"The disk is full: nothing of this change was stored in '{path}', what was there is kept. "
                    + "Free some space and try again."
            ),
            SQLITE_READONLY or SQLITE_PERM or SQLITE_AUTH => new DatastoreException(
                $"The datastore '{path}' cannot be written ({message}). Allow writing to its folder and its files."
            ),
            SQLITE_CANTOPEN => new DatastoreException(
                $"The datastore '{path}' cannot be opened ({message}). Check that its folder exists and is writable."
            ),
            SQLITE_NOTADB or SQLITE_CORRUPT => new DatastoreCorruptException(
                $"The datastore '{path}' is damaged ({message}). Verify it with repair; where that does not help, remove it and ingest its sources again."
            ),
            SQLITE_IOERR => new DatastoreException(
                $"Reading or writing '{path}' failed ({message}). Check the disk; what was acknowledged is kept."
            ),
            SQLITE_INTERRUPT => new DatastoreException($"The operation on '{path}' was interrupted."),
            _ => new DatastoreException($"SQLite reports error {code} for '{path}': {message}."),
        };
    }
}
