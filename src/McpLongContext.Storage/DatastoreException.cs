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

/// <summary>No datastore has this name.</summary>
/// <param name="name">The name that was asked for.</param>
/// <param name="existing">The names that exist.</param>
public sealed class UnknownDatastoreException(string name, IReadOnlyList<string> existing)
    : DatastoreException(MessageOf(name, existing))
{
    /// <summary>The error as it is told to whom only some names may be told.</summary>
    public UnknownDatastoreException Among(Func<string, bool> isTold) => new(name, [.. existing.Where(isTold)]);

    private static string MessageOf(string name, IReadOnlyList<string> existing) =>
        existing.Count == 0
            ? $"There is no datastore '{name}': none has been made yet. Ingest something first."
            : $"There is no datastore '{name}'. There are: {string.Join(", ", existing)}.";
}

/// <summary>Stored bytes are not what was written.</summary>
public sealed class DatastoreCorruptException(string message) : DatastoreException(message);

/// <summary>
/// The datastore was removed while it was open; open it again by its name to see whether it was made anew.
/// </summary>
public sealed class DatastoreRemovedException(string message) : DatastoreException(message);
