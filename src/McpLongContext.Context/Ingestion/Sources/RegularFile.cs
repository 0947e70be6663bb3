using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>Opens files without ever waiting: a path may have become a named pipe.</summary>
internal static class RegularFile
{
    /// <summary>Opens a path for reading.</summary>
    /// <exception cref="IOException">Nothing can be opened there.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafeFileHandle OpenHandle(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }

        // The runtime's own open would wait for a writer if the path had become a named pipe.
        const int NonBlocking = 0x800;
        const int NoControllingTerminal = 0x100;
        const int CloseOnExec = 0x80000;
        var handle = open(Encoding.UTF8.GetBytes(path + '\0'), NonBlocking | NoControllingTerminal | CloseOnExec);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw new IOException(Marshal.GetPInvokeErrorMessage(error));
    }

    /// <summary>The stream of an opened file.</summary>
    /// <exception cref="IOException">The file is a pipe or a device.</exception>
    public static FileStream Stream(SafeFileHandle handle)
    {
        var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        return stream.CanSeek ? stream : throw new IOException("it is a pipe or a device, not a regular file");
    }

    /// <summary>
    /// The bytes of a file that is no document but says how others are read, such as Git's own files;
    /// <see langword="null"/> when there is none, or it cannot be read or is larger than the limit.
    /// </summary>
    public static byte[]? TryRead(string path, long maxBytes)
    {
        try
        {
            using var handle = OpenHandle(path);
            using var stream = Stream(handle);
            if (stream.Length > maxBytes)
            {
                return null;
            }

            var bytes = new byte[stream.Length];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length == bytes.Length ? bytes : bytes[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    [DllImport("libc", SetLastError = true, EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle open(byte[] path, int flags);
}
