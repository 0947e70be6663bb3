namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// A model file that is missing, damaged or of a kind that is not supported. The message names the file, the part of
/// it (a tensor, a setting), what was found and what was expected.
/// </summary>
public sealed class CheckpointException : Exception
{
    /// <summary>Creates the exception for <paramref name="file"/>.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="problem">The problem: the part concerned, found, expected.</param>
    public CheckpointException(string file, string problem)
        : base($"{file}: {problem}") => File = file;

    /// <summary>Creates the exception for <paramref name="file"/> with its cause.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="problem">The problem: the part concerned, found, expected.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string file, string problem, Exception innerException)
        : base($"{file}: {problem}", innerException) => File = file;

    /// <summary>The path of the file.</summary>
    public string File { get; }
}
