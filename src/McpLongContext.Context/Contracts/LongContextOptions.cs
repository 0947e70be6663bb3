using McpLongContext.Inference.Layers;

namespace McpLongContext.Context.Contracts;

/// <summary>Where a process keeps its data and what it may read. Validated once, never changed.</summary>
public sealed record LongContextOptions
{
    /// <summary>The folder of datastores and logs.</summary>
    public required string Home { get; init; }

    /// <summary>The folder of the installed models; <see langword="null"/> means <c>models</c> in the home.</summary>
    public string? Models { get; init; }

    /// <summary>The folder that relative paths start from and that citations are relative to.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The folders beneath which files may be read, links resolved.</summary>
    public required IReadOnlyList<string> AllowedRoots { get; init; }

    /// <summary>
    /// Whether changed files of every ingested source are read again, outside the allowed roots, too: for commands,
    /// whose user has named the sources.
    /// </summary>
    public bool ReadsAllSources { get; init; }

    /// <summary>Whether the server watches what it ingests, where the call does not say.</summary>
    public bool Watch { get; init; }

    /// <summary>
    /// Whether the commits of Git trees are stored with their files, to answer when and why something was changed.
    /// </summary>
    public bool History { get; init; } = true;

    /// <summary>
    /// Whether the default encoder is installed when it is first needed. Off, queries and ingests work by the lexical
    /// index alone until it is installed by hand.
    /// </summary>
    public bool InstallDefaultEncoder { get; init; } = true;

    /// <summary>
    /// The name of the installed encoder to use, such as one of many languages; <see langword="null"/>: the default one.
    /// </summary>
    public string? Encoder { get; init; }

    /// <summary>
    /// The arithmetic of the encoder. Embeddings in int8 retrieve as well as exact ones in half of the time; the two
    /// are kept apart in a datastore.
    /// </summary>
    public Precision EncoderPrecision { get; init; } = Precision.Int8;

    /// <summary>The arithmetic of generative models; int8 is several times faster and nearly as exact.</summary>
    public Precision DecoderPrecision { get; init; } = Precision.Int8;

    /// <summary>How generative models read more than their window.</summary>
    public UnlimiformerOptions Unlimiformer { get; init; } = new();

    /// <summary>
    /// Whether a datastore that is asked a question gets its pending documents encoded in the background: for processes
    /// that live long enough.
    /// </summary>
    public bool ResumeEncoding { get; init; }
}
