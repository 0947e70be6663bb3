using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// The selected text is read anew, as if the prompt had contained it: exact, at the cost of its prefill.
/// </summary>
public sealed class RereadMode : IReadingMode
{
    /// <inheritdoc/>
    public string Name => "reread";

    /// <inheritdoc/>
    public KeyDepth Depth => KeyDepth.Selection;

    /// <inheritdoc/>
    public bool ReadsSpans => true;

    /// <inheritdoc/>
    public RetrievalReading Begin(ReadingSource source, RetrievalPrompt prompt, IReadOnlyList<TokenMemorySpan> spans)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(spans);
        var config = source.Model.Config;
        var attention = new SpanAttention(config, source.Layout.LayerBegin, spans, source.Window);
        var tokens = new List<int>([.. prompt.Header, .. prompt.Prefix]);
        for (var span = 0; span < spans.Count; span++)
        {
            if (span > 0)
            {
                tokens.AddRange(prompt.Separator);
            }

            attention.Mark(tokens.Count, span, spans[span].Count);
            tokens.AddRange(source.Memory.ReadTokens(spans[span]));
        }

        tokens.AddRange(prompt.Suffix);
        Window.Require(source, tokens.Count);
        return new RetrievalReading(source.Model.CreateSession(attention, source.Threads), tokens.ToArray(), attention);
    }
}
