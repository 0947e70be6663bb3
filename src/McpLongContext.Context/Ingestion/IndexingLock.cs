using McpLongContext.Storage;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// Tells all processes that a job is reading files into a datastore: a locked file a job, so that several may read at
/// once. The operating system frees the lock when its holder dies; the file that it leaves says nothing then.
/// </summary>
internal static class IndexingLock
{
    private const string Pattern = "indexing-*.lock";

    /// <summary>How often a file that cannot be made is tried again.</summary>
    private const int Attempts = 20;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(10);

    /// <summary>Takes the lock of a job, until the result is disposed.</summary>
    public static async Task<IDisposable> AcquireAsync(Datastore datastore, string job, CancellationToken cancellation)
    {
        RemoveAbandoned(datastore);
        var path = Path.Combine(datastore.Folder, Pattern.Replace("*", job, StringComparison.Ordinal));
        for (var attempt = 1; ; attempt++)
        {
            datastore.ThrowIfRemoved();
            try
            {
                var held = Open(path, FileMode.OpenOrCreate);
                if (File.Exists(path))
                {
                    return held;
                }

                // Somebody took it for abandoned between its making and its locking, and removed it.
                await held.DisposeAsync();
            }
            catch (IOException) when (attempt < Attempts || File.Exists(path))
            {
                // Somebody looks at this moment whether it is held, or removes it.
                await Task.Delay(s_retry, cancellation);
            }
        }
    }

    /// <summary>Whether a job of any process is reading files into the datastore.</summary>
    public static bool IsHeld(Datastore datastore) => Files(datastore).Any(IsLocked);

    private static string[] Files(Datastore datastore)
    {
        try
        {
            return Directory.GetFiles(datastore.Folder, Pattern);
        }
        catch (DirectoryNotFoundException)
        {
            // It was removed; whoever reads or writes it next says so.
            return [];
        }
    }

    /// <summary>Questions share the lock, which its holder shares with nobody.</summary>
    private static bool IsLocked(string path)
    {
        try
        {
            using var looking = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return false;
        }
        catch (IOException gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static void RemoveAbandoned(Datastore datastore)
    {
        foreach (var path in Files(datastore))
        {
            try
            {
                Open(path, FileMode.Open).Dispose();
            }
            catch (IOException)
            {
                // It is held, or gone.
            }
        }
    }

    private static FileStream Open(string path, FileMode mode) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
}
