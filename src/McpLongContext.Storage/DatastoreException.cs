namespace McpLongContext.Storage;

/// <summary>
/// A datastore that cannot be used as asked: the message says what, where, what was found and expected, and the
/// remedy, and may be shown to a user as it stands.
/// </summary>
public class DatastoreException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public DatastoreException(string message)
        : base(message) { }

    /// <summary>Creates the exception with its message and cause.</summary>
    public DatastoreException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>Another process holds the datastore for longer than is waited for; trying again may succeed.</summary>
public sealed class DatastoreBusyException(string message) : DatastoreException(message);

/// <summary>Stored bytes are not what was written.</summary>
public sealed class DatastoreCorruptException(string message) : DatastoreException(message);

/// <summary>
/// The datastore was removed while it was open; open it again by its name to see whether it was made anew.
/// </summary>
public sealed class DatastoreRemovedException(string message) : DatastoreException(message);
