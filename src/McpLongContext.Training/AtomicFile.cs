namespace McpLongContext.Training;

/// <summary>Files that are there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file beside its place, flushes it to disk and moves it there.</summary>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var staged = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(staged, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(staged);
            }
            catch (IOException)
            {
                // The disk is gone: what was staged is, too.
            }

            throw new TrainingException($"{path} cannot be written: {e.Message} What was there before is kept.", e);
        }
    }
}
