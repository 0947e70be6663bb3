using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>How a model reads what was selected of a token memory.</summary>
public interface IReadingMode
{
    /// <summary>The name in settings and reports.</summary>
    public string Name { get; }

    /// <summary>How much the token memory has to keep of a token.</summary>
    public KeyDepth Depth { get; }

    /// <summary>Whether it reads spans that were selected once; otherwise it searches by itself.</summary>
    public bool ReadsSpans { get; }

    /// <summary>Begins a sequence that reads.</summary>
    /// <param name="source">The model and what it reads from.</param>
    /// <param name="prompt">The surrounding tokens.</param>
    /// <param name="spans">The selected spans, in the order of the token memory; ignored by modes that do not read
    /// spans.</param>
    /// <exception cref="ArgumentException">The input does not fit the model's window.</exception>
    public RetrievalReading Begin(ReadingSource source, RetrievalPrompt prompt, IReadOnlyList<TokenMemorySpan> spans);
}

/// <summary>A model and the token memory that it reads from.</summary>
/// <param name="Model">The model.</param>
/// <param name="Memory">The texts.</param>
/// <param name="Layout">The key vectors that the token memory stores for a token.</param>
/// <param name="Threads">Threads that compute; null: one a processor.</param>
/// <param name="Time">The clock of what is measured; null: the system's.</param>
public sealed record ReadingSource(
    Decoder Model,
    ITokenMemory Memory,
    KeyLayout Layout,
    int? Threads = null,
    TimeProvider? Time = null
)
{
    /// <summary>
    /// The window in force, in tokens, which prompt, spans and answer share: the model's own, or a smaller one.
    /// </summary>
    public int Window { get; init; } = Model.Config.ContextLength;

    /// <summary>
    /// Selects spans as generation moves on: by the queries of the latest tokens in the layout's heads, [tokens, heads,
    /// headDim], so many tokens at most. Null: what was selected for the question stays.
    /// </summary>
    public Func<float[], int, IReadOnlyList<TokenMemorySpan>>? Reselect { get; init; }
}
