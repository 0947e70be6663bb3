using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Unlimiformer's own way (Bertsch et al., arXiv 2305.01625): every token searches the token memory anew, in every
/// layer from the layout's first one on and for every key head by itself; see <see cref="PerLayerAttention"/>.
/// </summary>
public sealed class PerLayerMode : IReadingMode
{
    /// <summary>The best tokens that each search gives.</summary>
    public int Neighbors { get; init; } = 64;

    /// <summary>How much is read around them.</summary>
    public SpanPlan Plan { get; init; } = new(Before: 8, After: 24, Budget: 256);

    /// <inheritdoc/>
    public string Name => "per_layer";

    /// <inheritdoc/>
    public KeyDepth Depth => KeyDepth.Full;

    /// <inheritdoc/>
    public bool ReadsSpans => false;

    /// <summary>
    /// How much is read beside a prompt. Where the window is small, spans leave half of its rest to what is written, which
    /// otherwise drives the question out of the local window.
    /// </summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="window">Tokens of the window.</param>
    public SpanPlan PlanBeside(int promptTokens, int window) =>
        Plan with
        {
            Budget = Math.Min(Plan.Budget, (window - promptTokens) / 2),
        };

    /// <inheritdoc/>
    public RetrievalReading Begin(ReadingSource source, RetrievalPrompt prompt, IReadOnlyList<TokenMemorySpan> spans)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(prompt);
        var plan = PlanBeside(prompt.Tokens, source.Window);
        Window.Require(source, prompt.Tokens + Math.Max(1, plan.Budget));
        var local = source.Window - prompt.Header.Count - plan.Budget;
        var attention = new PerLayerAttention(source, prompt.Header.Count, Neighbors, plan, local);
        var session = source.Model.CreateSession(attention, source.Threads);
        session.Forward([.. prompt.Header], []);
        return new RetrievalReading(session, prompt.Local, attention);
    }
}
