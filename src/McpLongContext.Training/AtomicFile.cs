using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Training;

/// <summary>Files that are there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>The ending of a file that is not whole yet, or was not when its writer was killed.</summary>
    public const string Staged = ".staged";

    /// <summary>Writes a file beside its place, flushes it to disk and moves it there.</summary>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var staged = path + Staged;
        var isStaged = false;
        try
        {
            using (var file = new FileStream(staged, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                isStaged = true;
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(staged, path, overwrite: true);
            isStaged = false;
            DurableFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{path} cannot be written: {e.Message} What was there before is kept.", e);
        }
        finally
        {
            // One that another process writes is refused above, and is that one's.
            if (isStaged)
            {
                Delete(staged);
            }
        }
    }

    /// <summary>Copies a file.</summary>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void Copy(string source, string path)
    {
        Write(
            path,
            stream =>
            {
                using var content = File.OpenRead(source);
                content.CopyTo(stream);
            }
        );
    }

    private static void Delete(string staged)
    {
        try
        {
            File.Delete(staged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is gone: what was staged is, too.
        }
    }
}
