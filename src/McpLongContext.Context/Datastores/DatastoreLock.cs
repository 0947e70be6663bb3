using McpLongContext.Storage;

namespace McpLongContext.Context.Datastores;

/// <summary>
/// Lets one of all processes do a kind of work on a datastore; the others wait and find less to do. The operating
/// system frees a lock when its holder dies.
/// </summary>
internal static class DatastoreLock
{
    /// <summary>Held by whoever computes token embeddings.</summary>
    public const string Embeddings = "encoding.lock";

    /// <summary>Held by whoever computes keys for a decoder's token memory.</summary>
    public const string Keys = "memory.lock";

    /// <summary>Held by whoever reads documents into a compressive memory.</summary>
    public const string Compressed = "compressed.lock";

    /// <summary>Held by whoever stores changed files of the sources.</summary>
    public const string Refresh = "refresh.lock";

    /// <summary>Held by whoever watches the sources.</summary>
    public const string Watch = "watch.lock";

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until a lock is free and takes it, until the result is disposed.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="file">The kind of work.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="waiting">Called each time the lock is found taken.</param>
    /// <exception cref="IOException">The file of the lock cannot be made.</exception>
    public static async Task<IDisposable> AcquireAsync(
        Datastore datastore,
        string file,
        CancellationToken cancellation,
        Action? waiting = null
    )
    {
        var path = Path.Combine(datastore.Folder, file);
        while (true)
        {
            datastore.ThrowIfRemoved();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                waiting?.Invoke();
                await Task.Delay(s_retry, cancellation);
            }
        }
    }
}
