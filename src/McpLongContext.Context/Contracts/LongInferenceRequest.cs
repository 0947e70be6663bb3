namespace McpLongContext.Context.Contracts;

/// <summary>The operation of a model on each window of a text.</summary>
public enum InferenceMode
{
    /// <summary>Tells how well it predicts the text: perplexity, entropy, the least likely spans.</summary>
    Score,

    /// <summary>Continues the end of the text.</summary>
    Generate,

    /// <summary>Follows an instruction, window by window.</summary>
    Map,

    /// <summary>Summarizes all texts at once by an encoder-decoder, whose cross-attention retrieves from all tokens.</summary>
    Summarize,
}

/// <summary>
/// A long inference: exactly one of <see cref="Text"/>, <see cref="Document"/> and the documents of a datastore.
/// </summary>
public sealed record LongInferenceRequest
{
    /// <summary>A text.</summary>
    public string? Text { get; init; }

    /// <summary>The name of <see cref="Text"/> in citations.</summary>
    public string Name { get; init; } = "text";

    /// <summary>A document of the datastore.</summary>
    public string? Document { get; init; }

    /// <summary>
    /// The datastore, whose chunk settings also give the default overlap; <see langword="null"/>: default.
    /// </summary>
    public string? Datastore { get; init; }

    /// <summary>Only documents of the datastore whose path matches.</summary>
    public string? PathGlob { get; init; }

    /// <summary>Bits, as the characters 0 and 1: whole bytes, with their parity bits where the model reads
    /// them.</summary>
    public string? Bits { get; init; }

    /// <summary>A file of any kind beneath the allowed roots, which a bit model reads bit by bit.</summary>
    public string? File { get; init; }

    /// <summary>Folders beneath which <see cref="File"/> must lie; empty for the allowed roots.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>Whether a datastore may keep what is encoded for the call; otherwise it is of this call alone.</summary>
    public bool MayStore { get; init; } = true;

    /// <summary>Bits of a window; <see langword="null"/>: 4,096, at most the model's window.</summary>
    public int? CtxBits { get; init; }

    /// <summary>
    /// Bits of a window that its predecessor has covered; <see langword="null"/>: 256, at most a quarter of the window.
    /// </summary>
    public int? OverlapBits { get; init; }

    /// <summary>The most spans to report of bits or a file; <see langword="null"/>: 10.</summary>
    public int? Top { get; init; }

    /// <summary>The mode.</summary>
    public InferenceMode Mode { get; init; }

    /// <summary>
    /// The instruction to the model: for <see cref="InferenceMode.Map"/>, where it writes from a decoder memory, and for
    /// <see cref="InferenceMode.Summarize"/> in place of the prefix that the model has for it.
    /// </summary>
    public string? Instruction { get; init; }

    /// <summary>
    /// The memory kind that the model reads to write; <see cref="InferenceMode.Generate"/> alone reads one.
    /// <see langword="null"/>: the window, unless the settings enable retrieval attention where it can be used.
    /// </summary>
    public MemoryKind? Memory { get; init; }

    /// <summary>Tokens of a window; <see langword="null"/>: the trained window, at most 4,096.</summary>
    public int? Window { get; init; }

    /// <summary>
    /// Share of a window that its predecessor has covered, 0 to 0.75; <see langword="null"/>: the datastore's.
    /// </summary>
    public double? Overlap { get; init; }

    /// <summary>
    /// The most tokens to generate in a window; <see langword="null"/>: 128, at most a quarter of the window.
    /// </summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>An installed model; <see langword="null"/>: the default one.</summary>
    public string? Model { get; init; }

    /// <summary>The most windows; <see langword="null"/>: all.</summary>
    public int? MaxWindows { get; init; }

    /// <summary>
    /// The most windows of bits or a file that the report lists, 0 to <see cref="Limits.MaxCallWindows"/>; all of them are
    /// read.
    /// </summary>
    public int ListedWindows { get; init; } = Limits.MaxCallWindows;

    /// <summary>
    /// No window is begun after this time, but one at least is done; <see langword="null"/>: no limit.
    /// </summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Continues after the report that returned it.</summary>
    public string? Cursor { get; init; }

    /// <summary>Told every piece of a generated text as it is written.</summary>
    internal Action<string>? Wrote { get; init; }

    /// <summary>
    /// Told every byte of bits or a file in order, once it is read: its offset and its negative log-likelihood in bits.
    /// </summary>
    internal Action<long, double>? ByteRead { get; init; }
}
