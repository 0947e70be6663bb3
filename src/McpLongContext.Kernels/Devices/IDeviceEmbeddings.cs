namespace McpLongContext.Kernels.Devices;

/// <summary>
/// The embeddings of a segment in the memory of a device. A scan returns <see langword="null"/> where the device fails.
/// Thread-safe; disposal frees the memory.
/// </summary>
public interface IDeviceEmbeddings : IDisposable
{
    /// <summary>scores[i] = scale * sum over d of query[d] * level[d], for the embedding of passage i, <c>[n]</c>.
    /// </summary>
    /// <param name="passages">Passages of the segment, <c>[n]</c>.</param>
    /// <param name="query">[dimensions].</param>
    public float[]? ScorePassages(int[] passages, float[] query);

    /// <summary>
    /// scores[i] = sum over q of weight[q] * max over tokens t of passage i of code(q) · code(t) / dimensions, binary
    /// codes read as ±1, <c>[n]</c>; NaN for a passage without tokens.
    /// </summary>
    /// <param name="passages">Passages of the segment, <c>[n]</c>.</param>
    /// <param name="queries">Binary codes, <c>[queries, dimensions / 8]</c>.</param>
    /// <param name="weights">[queries], one at least.</param>
    public float[]? ScoreBinaryCodes(int[] passages, byte[] queries, float[] weights);

    /// <summary>
    /// scores[i] = sum over q of weight[q] * max over tokens t of passage i of scale[t] * sum over d of query[q, d] *
    /// level[t, d] (ColBERT's MaxSim, arXiv 2004.12832, over codes), <c>[n]</c>; NaN for a passage without tokens.
    /// </summary>
    /// <param name="passages">Passages of the segment, <c>[n]</c>.</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="weights">[queries], one at least.</param>
    public float[]? ScoreResidualCodes(int[] passages, float[] queries, float[] weights);
}
