using ILGPU;

namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// The scans of embeddings on a device. A group is one warp and one passage: its lanes take the passage's tokens, or the
/// dimensions of its own embedding, in turns.
/// </summary>
internal static class EmbeddingKernels
{
    /// <summary>Dimensions whose codes stand together: three bytes of a passage embedding, one of a token.</summary>
    private const int Group8 = 8;

    private const int PassageCodeBits = 3;

    /// <summary>scores[i] = scale * sum over d of query[d] * level[d].</summary>
    public static void ScorePassages(
        ArrayView<int> passages,
        ArrayView<byte> codes,
        ArrayView<float> scales,
        ArrayView<float> levels,
        ArrayView<float> query,
        ArrayView<float> scores
    )
    {
        var passage = passages[Grid.IdxX];
        var dimensions = query.IntLength;
        var first = (long)passage * (dimensions / Group8 * PassageCodeBits);
        var sum = 0f;
        for (var group = Group.IdxX; group < dimensions / Group8; group += Group.DimX)
        {
            var at = first + (group * PassageCodeBits);
            var word = codes[at] | (codes[at + 1] << 8) | (codes[at + 2] << 16);
            for (var lane = 0; lane < Group8; lane++)
            {
                sum += levels[(word >> (PassageCodeBits * lane)) & 7] * query[(group * Group8) + lane];
            }
        }

        sum = Warps.Sum(sum);
        if (Group.IdxX == 0)
        {
            scores[Grid.IdxX] = scales[passage] * sum;
        }
    }

    /// <summary>
    /// scores[i] = sum over q of weight[q] * max over t of (1 - 2 * distance(q, t) / dimensions), Hamming distances.
    /// </summary>
    public static void ScoreBinaryCodes(
        ArrayView<int> passages,
        ArrayView<int> offsets,
        ArrayView<ulong> codes,
        ArrayView<ulong> queries,
        ArrayView<float> weights,
        ArrayView<float> scores
    )
    {
        var passage = passages[Grid.IdxX];
        var (first, end) = (offsets[passage], offsets[passage + 1]);
        var words = (int)(queries.Length / weights.Length);
        var dimensions = words * 64;
        var sum = 0f;
        for (var query = 0; query < weights.IntLength; query++)
        {
            var nearest = int.MaxValue;
            for (var token = first + Group.IdxX; token < end; token += Group.DimX)
            {
                var distance = 0;
                for (var word = 0; word < words; word++)
                {
                    distance += IntrinsicMath.PopCount(
                        codes[((long)token * words) + word] ^ queries[(query * words) + word]
                    );
                }

                nearest = IntrinsicMath.Min(nearest, distance);
            }

            sum += weights[query] * (dimensions - (2 * Warps.Min(nearest)));
        }

        if (Group.IdxX == 0)
        {
            scores[Grid.IdxX] = first == end ? float.NaN : sum / dimensions;
        }
    }

    /// <summary>
    /// scores[i] = sum over q of weight[q] * max over t of scale[t] * sum over d of query[q, d] * level[t, d].
    /// </summary>
    public static void ScoreResidualCodes(
        ArrayView<int> passages,
        ArrayView<int> offsets,
        ArrayView<byte> binaryCodes,
        ArrayView<byte> residualCodes,
        ArrayView<float> levels,
        ArrayView<float> scales,
        ArrayView<float> queries,
        ArrayView<float> weights,
        ArrayView<float> scores
    )
    {
        var passage = passages[Grid.IdxX];
        var (first, end) = (offsets[passage], offsets[passage + 1]);
        var dimensions = (int)(queries.Length / weights.Length);
        var bytes = dimensions / Group8;
        var (low, high) = (levels[0], levels[1]);
        var sum = 0f;
        for (var query = 0; query < weights.IntLength; query++)
        {
            var best = float.NegativeInfinity;
            for (var token = first + Group.IdxX; token < end; token += Group.DimX)
            {
                var at = (long)token * (bytes + 1);
                var product = 0f;
                for (var i = 0; i < bytes; i++)
                {
                    int sign = binaryCodes[((long)token * bytes) + i];
                    int magnitude = residualCodes[at + i];
                    for (var lane = 0; lane < Group8; lane++)
                    {
                        var level = ((magnitude >> lane) & 1) != 0 ? high : low;
                        var value = queries[(query * dimensions) + (i * Group8) + lane];
                        product += ((sign >> lane) & 1) != 0 ? level * value : -level * value;
                    }
                }

                best = IntrinsicMath.Max(best, scales[(int)residualCodes[at + bytes]] * product);
            }

            sum += weights[query] * Warps.Max(best);
        }

        if (Group.IdxX == 0)
        {
            scores[Grid.IdxX] = first == end ? float.NaN : sum;
        }
    }
}
