using McpLongContext.LongAttention.InfiniAttention;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// The compressive memory of Infini-attention (Munkhdalai et al., arXiv 2404.07143, equations 3 to 5) for all segments
/// of a sequence at once: what was known before each of them, and after the last. Gradients flow through all segments.
/// </summary>
/// <param name="rule">How segments are written.</param>
internal sealed class DifferentiableMemory(UpdateRule rule)
{
    /// <summary>
    /// sigma(x) = ELU(x) + 1, as max(x, 0) + e^min(x, 0): a sum of ELU and 1 is 0 below -17, and A_mem then 0 / 0.
    /// </summary>
    public static Tensor Sigma(Tensor x) => x.clamp_min(0) + x.clamp_max(0).exp();

    /// <summary>A_mem = sigma(Q) M / (sigma(Q) z).</summary>
    /// <param name="queries">[..., tokens, headDim], not rotated.</param>
    /// <param name="matrix">M [..., headDim, headDim].</param>
    /// <param name="normalizer">z [..., headDim].</param>
    public static Tensor Read(Tensor queries, Tensor matrix, Tensor normalizer)
    {
        var features = Sigma(queries);
        return features.matmul(matrix) / features.matmul(normalizer.unsqueeze(-1));
    }

    /// <summary>Writes segment after segment.</summary>
    /// <param name="keys">[batch, segments, KV heads, tokens, headDim], not rotated.</param>
    /// <param name="values">[batch, segments, KV heads, tokens, headDim].</param>
    /// <param name="before">The earlier content; null: nothing.</param>
    /// <param name="weights">
    /// [batch, segments]: how many segments each stands for, all alike, so that a short sequence teaches the dilution
    /// of a
    /// long one; null: one.
    /// </param>
    /// <returns>
    /// M [batch, segments + 1, KV heads, headDim, headDim] and z [batch, segments + 1, KV heads, headDim] before each
    /// segment, and after the last.
    /// </returns>
    public (Tensor Matrices, Tensor Normalizers) Write(Tensor keys, Tensor values, MemoryState? before, Tensor? weights)
    {
        var features = Sigma(keys);
        var (batch, heads, width) = (keys.shape[0], keys.shape[2], keys.shape[4]);
        var start = before ?? new MemoryState(zeros(batch, heads, width, width), zeros(batch, heads, width));
        var added = features.sum(3);
        var normalizers = Accumulate(
            start.Normalizer,
            weights is null ? added : added * weights.reshape([.. weights.shape, 1, 1])
        );
        var matrices =
            rule == UpdateRule.Linear
                ? WriteLinear(features, values, start.Matrix, weights)
                : WriteDelta(features, values, before, start.Matrix, normalizers, weights);
        return (matrices, normalizers);
    }

    /// <summary>M + sigma(K)^T V.</summary>
    private static Tensor WriteLinear(Tensor features, Tensor values, Tensor start, Tensor? weights)
    {
        var added = features.transpose(-1, -2).matmul(values);
        return Accumulate(start, weights is null ? added : added * weights.reshape([.. weights.shape, 1, 1, 1]));
    }

    /// <summary>M + sigma(K)^T (V - sigma(K) M / (sigma(K) z)).</summary>
    private static Tensor WriteDelta(
        Tensor features,
        Tensor values,
        MemoryState? before,
        Tensor start,
        Tensor normalizers,
        Tensor? weights
    )
    {
        var matrices = new List<Tensor> { start };
        for (var segment = 0; segment < features.shape[1]; segment++)
        {
            var (key, value) = (features.select(1, segment), values.select(1, segment));
            if (segment > 0 || before is not null)
            {
                var known = key.matmul(matrices[^1]);
                value -= known / key.matmul(normalizers.select(1, segment).unsqueeze(-1));
            }

            var added = key.transpose(-1, -2).matmul(value);
            if (weights is not null)
            {
                added *= weights.select(1, segment).reshape(-1, 1, 1, 1);
            }

            matrices.Add(matrices[^1] + added);
        }

        return stack(matrices, 1);
    }

    /// <summary>[start, start + added 0, start + added 0 + added 1, ...] along the segments.</summary>
    private static Tensor Accumulate(Tensor start, Tensor added)
    {
        var first = start.unsqueeze(1);
        return cat([first, first + added.cumsum(1)], dim: 1);
    }
}
