using McpLongContext.Training.Language;

namespace McpLongContext.Training.Commands;

/// <summary>The folder that a new model is written to.</summary>
internal static class OutputFolder
{
    /// <summary>Refuses a folder that something else lies in.</summary>
    /// <param name="output">The folder.</param>
    /// <param name="run">The folder of the training; where it exists, the output may be that of an earlier run.</param>
    /// <exception cref="TrainingException">The folder is not empty.</exception>
    public static void RequireFree(string output, string run)
    {
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any() && !Directory.Exists(run))
        {
            throw new TrainingException($"{output} is not empty: give the name of a new folder.");
        }
    }

    /// <summary>Copies the best model of a training.</summary>
    /// <param name="best">The folder with the model.</param>
    /// <param name="output">The folder to write to.</param>
    /// <exception cref="TrainingException">A file cannot be written.</exception>
    public static void Fill(string best, string output)
    {
        Directory.CreateDirectory(output);
        foreach (var path in Directory.EnumerateFiles(best))
        {
            // Left by a run that was killed.
            if (path.EndsWith(AtomicFile.Staged, StringComparison.Ordinal))
            {
                continue;
            }

            ModelFolder.Copy(path, output);
        }
    }
}
