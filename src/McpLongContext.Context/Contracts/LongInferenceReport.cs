namespace McpLongContext.Context.Contracts;

/// <summary>How a long inference ended.</summary>
public enum InferenceState
{
    /// <summary>All windows are done.</summary>
    Complete,

    /// <summary>The windows or the time that were allowed are used up; the cursor continues.</summary>
    Paused,

    /// <summary>Stopped on request; what was done is here, and the cursor continues.</summary>
    Cancelled,
}

/// <summary>The results of a long inference, window by window in the order of the text.</summary>
public sealed record LongInferenceReport
{
    /// <summary>The mode.</summary>
    public required InferenceMode Mode { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>How it ended.</summary>
    public required InferenceState State { get; init; }

    /// <summary>Tokens of a window, all that the model reads and writes in it.</summary>
    public required int Window { get; init; }

    /// <summary>
    /// Tokens at the beginning of a window, except a text's first, that the window before has covered.
    /// </summary>
    public required int OverlapTokens { get; init; }

    /// <summary>
    /// The windows. What they cover tiles the text: read in this order, every token is covered exactly once.
    /// </summary>
    public required IReadOnlyList<WindowReport> Windows { get; init; }

    /// <summary>The least likely spans, least likely first; for <see cref="InferenceMode.Score"/>.</summary>
    public IReadOnlyList<UnlikelySpan> Surprising { get; init; } = [];

    /// <summary>Tokens of the text that are covered.</summary>
    public long Tokens { get; init; }

    /// <summary>
    /// exp(mean negative log-likelihood) of all tokens predicted; <see langword="null"/> where there were none.
    /// </summary>
    public double? Perplexity { get; init; }

    /// <summary>Mean entropy of the predictions, in bits.</summary>
    public double? EntropyBits { get; init; }

    /// <summary>The sentences of a summary with the lines that they were written from.</summary>
    public IReadOnlyList<SummarySentence> Sentences { get; init; } = [];

    /// <summary>The decoder memory that the model had; <see langword="null"/> where it read its window alone.</summary>
    public MemoryUse? Memory { get; init; }

    /// <summary>The bits that were read; <see langword="null"/> where text was.</summary>
    public BitStreamReport? BitStream { get; init; }

    /// <summary>Seconds for all windows.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens that the model read or wrote in a second.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Continues after the last whole window when passed back; <see langword="null"/> at the end.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>One window.</summary>
public sealed record WindowReport
{
    /// <summary>
    /// The lines that the window covers: <c>path:start-end</c>, lines 1-based and inclusive; or its pages, slides or times.
    /// </summary>
    public required string Citation { get; init; }

    /// <summary>The first token that it covers, counted from the start of the document.</summary>
    public required int FirstToken { get; init; }

    /// <summary>The tokens that it covers.</summary>
    public required int Tokens { get; init; }

    /// <summary>The tokens that the model read for it: overlap and prompt, too.</summary>
    public required int TokensRead { get; init; }

    /// <summary>The tokens that the model wrote.</summary>
    public int NewTokens { get; init; }

    /// <summary>
    /// exp(mean negative log-likelihood) of the covered tokens, in the other modes of the written ones;
    /// <see langword="null"/> where there are none.
    /// </summary>
    public double? Perplexity { get; init; }

    /// <summary>Mean entropy of the predictions, in bits.</summary>
    public double? EntropyBits { get; init; }

    /// <summary>Seconds that it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Tokens that the model read or wrote in a second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The text that the model wrote; <see langword="null"/> for <see cref="InferenceMode.Score"/>.</summary>
    public string? Output { get; init; }

    /// <summary>
    /// Whether it was canceled in its middle: only some of its tokens are covered, or the output breaks off.
    /// </summary>
    public bool Partial { get; init; }
}

/// <summary>A span that a model did not expect.</summary>
/// <param name="Citation">Where it stands: <c>path:start-end</c>, lines 1-based and inclusive.</param>
/// <param name="Bits">The mean negative log-likelihood of its tokens, in bits.</param>
/// <param name="Text">The text of the span.</param>
public sealed record UnlikelySpan(string Citation, double Bits, string Text);

/// <summary>A sentence of a summary.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Sources">The lines that its words attended to most, most first.</param>
public sealed record SummarySentence(string Text, IReadOnlyList<AttendedLines> Sources);

/// <summary>Where a long inference stands.</summary>
/// <param name="Path">The document.</param>
/// <param name="Document">The document's number among the documents, from 1.</param>
/// <param name="Documents">How many there are.</param>
/// <param name="Window">The window that is being done, from 1.</param>
/// <param name="Windows">How many the document has.</param>
/// <param name="NewTokens">Tokens written in it so far.</param>
/// <param name="Last">The window done last.</param>
public sealed record LongInferenceProgress(
    string Path,
    int Document,
    int Documents,
    int Window,
    int Windows,
    int NewTokens,
    WindowReport? Last
)
{
    /// <summary>
    /// An estimate of the time that the rest of the document takes, by the windows so far, whether or not the call's own
    /// limits end it before; <see langword="null"/> where there is none.
    /// </summary>
    public TimeSpan? Remaining { get; init; }
}
