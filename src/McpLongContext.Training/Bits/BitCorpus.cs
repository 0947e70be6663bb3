namespace McpLongContext.Training.Bits;

/// <summary>The files to train on, whatever is in them, and those that are held out: every tenth by name.</summary>
/// <param name="Trained">All trained files, one after the other.</param>
/// <param name="HeldOut">All held-out files, one after the other.</param>
internal sealed record BitCorpus(byte[] Trained, byte[] HeldOut)
{
    private const int HeldOutEvery = 10;

    /// <summary>Reads the files of folders; a file that is named is read as it is.</summary>
    /// <exception cref="TrainingException">There are too few bytes, or a file cannot be read.</exception>
    public static BitCorpus Read(IReadOnlyList<string> paths)
    {
        var (trained, heldOut) = (new MemoryStream(), new MemoryStream());
        var files = paths.SelectMany(FilesOf).Order(StringComparer.Ordinal).ToList();
        for (var i = 0; i < files.Count; i++)
        {
            try
            {
                var bytes = File.ReadAllBytes(files[i]);
                (i % HeldOutEvery == HeldOutEvery - 1 ? heldOut : trained).Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new TrainingException($"FOLDER: {files[i]} cannot be read: {e.Message}", e);
            }
        }

        // Of few files, the end of the last one is held out.
        if (heldOut.Length == 0)
        {
            var bytes = trained.ToArray();
            var kept = bytes.Length - (bytes.Length / HeldOutEvery);
            return new BitCorpus(bytes[..kept], bytes[kept..]);
        }

        return new BitCorpus(trained.ToArray(), heldOut.ToArray());
    }

    /// <summary>Demands that there is enough for windows of some bytes.</summary>
    /// <exception cref="TrainingException">There is less.</exception>
    public void Require(int bytes)
    {
        if (Math.Min(Trained.Length, HeldOut.Length) <= bytes)
        {
            throw new TrainingException(
                $"FOLDER: {Trained.Length} bytes to train on and {HeldOut.Length} held out found, expected more than "
                    + $"{bytes} of each, a window. Give more files, or a shorter --max-length."
            );
        }
    }

    private static IEnumerable<string> FilesOf(string path) =>
        File.Exists(path) ? [path]
        : Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        : throw new TrainingException($"FOLDER: {path} not found.");
}
