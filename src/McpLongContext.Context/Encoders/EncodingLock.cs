using McpLongContext.Storage;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// Lets one job at a time encode a datastore, over all processes; the others wait and find less to do. The operating
/// system frees the lock when its holder dies.
/// </summary>
internal static class EncodingLock
{
    /// <summary>Held by whoever computes token embeddings.</summary>
    public const string Embeddings = "encoding.lock";

    /// <summary>Held by whoever computes keys for a decoder's token memory.</summary>
    public const string Keys = "memory.lock";

    /// <summary>Held by whoever reads documents into a compressive memory.</summary>
    public const string Compressed = "compressed.lock";

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the lock is free and takes it, until the result is disposed.</summary>
    public static async Task<IDisposable> AcquireAsync(Datastore datastore, string file, CancellationToken cancellation)
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
                await Task.Delay(s_retry, cancellation);
            }
        }
    }
}
