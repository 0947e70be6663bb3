namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The few attention heads of a decoder that find what a question is about (retrieval heads, Wu et al.,
/// arXiv 2404.15574): heads of one layer that share a key head, so that one key a token is enough to select by.
/// </summary>
/// <param name="Layer">The layer, from 0: texts are encoded up to its keys.</param>
/// <param name="KeyValueHead">The key/value head, from 0.</param>
/// <param name="Heads">The query heads of the layer, all of that KV head.</param>
/// <param name="HitRate">Share of the calibration's questions whose strongest token lay in the fact asked for.</param>
public sealed record RetrievalHeads(int Layer, int KeyValueHead, IReadOnlyList<int> Heads, double HitRate);
