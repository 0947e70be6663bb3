using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// The stored keys and values of the selected spans are read by every layer from the layout's first one on, as
/// [sinks | spans in the order of the token memory | local window] with positions that continue without a gap. The
/// layers below see the local window alone.
/// </summary>
public sealed class HeadsMode : IReadingMode
{
    /// <summary>Tokens of an answer after which spans are selected again, by what was written; 0: never.</summary>
    public int Interval { get; init; } = 32;

    /// <inheritdoc/>
    public string Name => "heads";

    /// <inheritdoc/>
    public KeyDepth Depth => KeyDepth.Full;

    /// <inheritdoc/>
    public bool ReadsSpans => true;

    /// <inheritdoc/>
    public RetrievalReading Begin(ReadingSource source, RetrievalPrompt prompt, IReadOnlyList<TokenMemorySpan> spans)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(spans);
        var config = source.Model.Config;
        var retrieved = spans.Sum(span => span.Count);
        Window.Require(source, prompt.Tokens + retrieved);
        var layout = source.Layout;
        var attention = new SpanAttention(config, layout.LayerBegin, spans, source.Window - retrieved);
        var session = source.Model.CreateSession(
            Interval > 0 && source.Reselect is not null
                ? new ReselectingAttention(source, attention, retrieved, Interval, Vectors)
                : attention,
            source.Threads
        );
        session.Forward([.. prompt.Header], []);
        for (var layer = layout.LayerBegin; layer < layout.LayerCount; layer++)
        {
            var (keys, values) = Vectors(source, spans, layer);
            attention.Insert(layer, session.Position, keys, values);
        }

        return new RetrievalReading(session, prompt.Local, attention);
    }

    /// <summary>Keys and values of spans in a layer, [tokens, key/value heads, headDim] each.</summary>
    private static (float[] Keys, float[] Values) Vectors(
        ReadingSource source,
        IReadOnlyList<TokenMemorySpan> spans,
        int layer
    ) =>
        (
            [.. spans.SelectMany(span => Read(source, span, kvHead => source.Layout.KeyPlane(layer, kvHead)))],
            [.. spans.SelectMany(span => Read(source, span, kvHead => source.Layout.ValuePlane(layer, kvHead)))]
        );

    /// <summary>Vectors of a span, [tokens, key/value heads, headDim].</summary>
    private static float[] Read(ReadingSource source, TokenMemorySpan span, Func<int, int> planeOf)
    {
        var (kvHeads, width) = (source.Layout.KvHeads, source.Layout.HeadDim);
        var vectors = new float[span.Count * kvHeads * width];
        var head = new float[span.Count * width];
        for (var kvHead = 0; kvHead < kvHeads; kvHead++)
        {
            source.Memory.Texts[span.Text].Read(planeOf(kvHead), span.First, span.Count, head);
            for (var token = 0; token < span.Count; token++)
            {
                head.AsSpan(token * width, width).CopyTo(vectors.AsSpan(((token * kvHeads) + kvHead) * width));
            }
        }

        return vectors;
    }
}
