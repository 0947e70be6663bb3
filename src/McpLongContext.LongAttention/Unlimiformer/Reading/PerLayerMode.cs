using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Unlimiformer's own way (Bertsch et al., arXiv 2305.01625): every token searches the memory anew, in every layer from the
/// layout's first one on and for every key head by itself; see <see cref="PerLayerAttention"/>.
/// </summary>
public sealed class PerLayerMode : IReadingMode
{
    /// <summary>The best tokens that each search gives.</summary>
    public int Neighbors { get; init; } = 64;

    /// <summary>How much is read around them.</summary>
    public SpanPlan Plan { get; init; } = new(Before: 8, After: 24, Budget: 256);

    /// <summary>The local window, in tokens; null: what sinks and spans leave of the model's window.</summary>
    public int? LocalWindow { get; init; }

    /// <inheritdoc/>
    public string Name => "per_layer";

    /// <inheritdoc/>
    public KeyDepth Depth => KeyDepth.Full;

    /// <inheritdoc/>
    public bool ReadsSpans => false;

    /// <inheritdoc/>
    public MemoryReading Begin(ReadingSource source, MemoryPrompt prompt, IReadOnlyList<MemorySpan> spans)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(prompt);
        var config = source.Model.Config;
        Window.Require(config, prompt.Tokens + Plan.Budget);
        var room = config.ContextLength - prompt.Header.Count - Plan.Budget;
        var local = Math.Min(LocalWindow ?? room, room);
        if (local < prompt.Local.Length)
            throw new ArgumentException(
                $"prefix and question have {prompt.Local.Length} tokens, expected at most the local window of {local}. "
                    + "Shorten the question, or widen the window.",
                nameof(prompt)
            );
        var attention = new PerLayerAttention(source, prompt.Header.Count, Neighbors, Plan, local);
        var run = source.Model.CreateRun(attention, source.Threads);
        run.Forward([.. prompt.Header], []);
        return new MemoryReading(run, prompt.Local, attention);
    }
}
