using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Attention to spans that are selected again as generation moves on: by the queries of the tokens written since, in
/// the heads that select. The new spans stand where the old ones stood, between two tokens and in all layers at once;
/// the tokens after keep their keys and values, and their positions still continue without a gap.
/// </summary>
/// <param name="source">The token memory and the selection from it.</param>
/// <param name="inner">Attends.</param>
/// <param name="budget">The most tokens of all spans together.</param>
/// <param name="interval">Tokens written from one selection to the next.</param>
/// <param name="vectors">Keys and values of spans in a layer.</param>
internal sealed class ReselectingAttention(
    ReadingSource source,
    SpanAttention inner,
    int budget,
    int interval,
    Func<ReadingSource, IReadOnlyList<TokenMemorySpan>, int, (float[] Keys, float[] Values)> vectors
) : IAttention
{
    private readonly List<float> _queries = [];
    private int _written;

    /// <inheritdoc/>
    public int MaxTokens => inner.MaxTokens;

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        if (block.Layer == 0 && _written >= interval)
        {
            Reselect();
        }

        inner.Attend(block, threadPool);
        var config = source.Model.Config;
        // A token that was written comes alone; prompts come in blocks.
        if (block.Layer != source.Layout.Heads.Layer || block.Queries.Length > config.QuerySize)
        {
            return;
        }

        foreach (var head in source.Layout.Heads.Heads)
        {
            _queries.AddRange(block.Queries.Span.Slice(head * config.HeadDim, config.HeadDim));
        }

        _written++;
    }

    /// <inheritdoc/>
    public void Truncate(int position)
    {
        inner.Truncate(position);
        Forget();
    }

    private void Reselect()
    {
        var time = source.Time ?? TimeProvider.System;
        var start = time.GetTimestamp();
        var spans = source.Reselect!([.. _queries], budget);
        inner.AddSearch(source.Layout.Heads.Layer, time.GetElapsedTime(start));
        Forget();
        inner.Replace(spans, layer => vectors(source, spans, layer));
    }

    private void Forget()
    {
        _queries.Clear();
        _written = 0;
    }
}
