using McpLongContext.Storage;

namespace McpLongContext.Context.Datastores;

/// <summary>The space that datastores take.</summary>
internal static class DatastoreSize
{
    /// <summary>Bytes on disk of a datastore, all files together.</summary>
    public static long Of(Datastore datastore)
    {
        try
        {
            return new DirectoryInfo(datastore.Folder)
                .EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Exists ? file.Length : 0);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // It, or a file of it, was removed meanwhile; the next call says so.
            return 0;
        }
    }
}
