using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.Buffers;

/// <summary>
/// Makes the names in a folder durable. A POSIX system keeps a file's name apart from its content, so that a renamed
/// file may be lost in a power failure although its content was synced; Windows has no such call and needs none.
/// </summary>
public static class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>Syncs the folder, where the file system knows how to.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"'{folder}' cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }

        // Some network file systems refuse to sync folders; their renames are as durable as they get.
        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
