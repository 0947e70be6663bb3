namespace McpLongContext.Inference.Models;

/// <summary>How far an installation is.</summary>
/// <param name="Phase">The phase of the installation.</param>
/// <param name="Done">Bytes done in this phase.</param>
/// <param name="Total">Bytes to do in this phase, zero where that is not known.</param>
public sealed record ModelProgress(ModelPhase Phase, long Done, long Total);

/// <summary>The steps of an installation, in their order.</summary>
public enum ModelPhase
{
    /// <summary>Another process installs the same model; its end is awaited.</summary>
    Waiting,

    /// <summary>The source is asked which files there are.</summary>
    Resolving,

    /// <summary>
    /// The files are fetched. Of npm packages only whole ones are counted: the client reports nothing else.
    /// </summary>
    Downloading,

    /// <summary>Checksums are computed and compared.</summary>
    Verifying,

    /// <summary>The model is loaded, and a short text runs through it.</summary>
    Proving,

    /// <summary>The model is in place.</summary>
    Installed,
}
