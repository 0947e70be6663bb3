namespace McpLongContext.Kernels.Devices;

/// <summary>
/// Keys in the memory of a device. A scan returns <see langword="null"/> where the device fails. Thread-safe; disposal
/// frees the memory.
/// </summary>
public interface IDeviceKeys : IDisposable
{
    /// <summary>
    /// Whether the device computes: not once it was given up, and not while it copies. Who asks first prepares nothing in
    /// vain.
    /// </summary>
    public bool IsUsable { get; }

    /// <summary>
    /// For each query, the largest product with a key, and the sum over the keys of e^(product - largest),
    /// <c>[queries]</c> each.
    /// </summary>
    /// <param name="ranges">The tokens, one range at least.</param>
    /// <param name="queries">[queries, dimensions], multiplied by the scale of attention.</param>
    public (float[] Largest, float[] Sums)? Sum(TokenRange[] ranges, float[] queries);

    /// <summary>
    /// scores[t] = sum over q of weight[q] * e^(query[q] · key[t] - logarithm[q]), of the tokens of all ranges, one range
    /// after the other.
    /// </summary>
    /// <param name="ranges">The tokens, one range at least.</param>
    /// <param name="queries">[queries, dimensions], multiplied by the scale of attention.</param>
    /// <param name="weights">[queries].</param>
    /// <param name="logarithms">[queries]: of the sum under each softmax.</param>
    public float[]? Score(TokenRange[] ranges, float[] queries, float[] weights, float[] logarithms);

    /// <summary>
    /// products[t, q] = query[q] · key[t], of the tokens of all ranges, one range after the other, <c>[tokens, queries]</c>.
    /// </summary>
    /// <param name="ranges">The tokens, one range at least.</param>
    /// <param name="queries">[queries, dimensions], one at least.</param>
    public float[]? Multiply(TokenRange[] ranges, float[] queries);

    /// <summary>
    /// Attends to spans of the planes, all of which lie on the device of this one, and to the sequence, with sums in float32;
    /// <see langword="null"/>, too, where a plane lies elsewhere or heads have a width that it does not take
    /// (<see cref="SpanAttentionInput.Takes"/>).
    /// </summary>
    /// <param name="input">Queries and what they attend to.</param>
    public SpanAttentionOutput? Attend(SpanAttentionInput input);
}
