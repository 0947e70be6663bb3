using ILGPU;
using ILGPU.Algorithms;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// The scans of keys on a device. A group is one warp and one range of at most
/// <see cref="RangeTokens"/> tokens, which its lanes take in turns.
/// </summary>
internal static class KeyKernels
{
    /// <summary>Tokens of a group.</summary>
    public const int RangeTokens = 1024;

    /// <summary>For each range and query, the largest product and the sum of e^(product - largest).</summary>
    public static void Sum<TNumbers>(
        ArrayView<TokenRange> ranges,
        ArrayView<int> words,
        ArrayView<float> scales,
        ArrayView<float> queries,
        int dimensions,
        ArrayView<float> largest,
        ArrayView<float> sums
    )
        where TNumbers : struct, IKeyNumbers
    {
        var range = ranges[Grid.IdxX];
        var count = (int)(queries.Length / dimensions);
        for (var query = 0; query < count; query++)
        {
            var top = float.NegativeInfinity;
            var sum = 0f;
            for (var token = range.First + Group.IdxX; token < range.First + range.Count; token += Group.DimX)
            {
                var product = Product<TNumbers>(words, scales, token, queries, query, dimensions);
                var higher = IntrinsicMath.Max(top, product);
                sum = (sum * XMath.Exp(top - higher)) + XMath.Exp(product - higher);
                top = higher;
            }

            var best = Warps.Max(top);
            // A lane without a token has the sum 0 under the largest product of none.
            sum = Warps.Sum(sum > 0 ? sum * XMath.Exp(top - best) : 0);
            if (Group.IdxX == 0)
            {
                largest[(Grid.IdxX * count) + query] = best;
                sums[(Grid.IdxX * count) + query] = sum;
            }
        }
    }

    /// <summary>For each token of each range, sum over q of weight[q] * e^(query[q] · key - logarithm[q]).</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="starts">Where the scores of each range begin.</param>
    /// <param name="words">[tokens, dimensions], several numbers a word.</param>
    /// <param name="scales">[tokens].</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="weights">[queries].</param>
    /// <param name="logarithms">[queries].</param>
    /// <param name="scores">Written.</param>
    public static void Score<TNumbers>(
        ArrayView<TokenRange> ranges,
        ArrayView<int> starts,
        ArrayView<int> words,
        ArrayView<float> scales,
        ArrayView<float> queries,
        ArrayView<float> weights,
        ArrayView<float> logarithms,
        ArrayView<float> scores
    )
        where TNumbers : struct, IKeyNumbers
    {
        var range = ranges[Grid.IdxX];
        var dimensions = (int)(queries.Length / weights.Length);
        for (var i = Group.IdxX; i < range.Count; i += Group.DimX)
        {
            var score = 0f;
            for (var query = 0; query < weights.IntLength; query++)
            {
                var product = Product<TNumbers>(words, scales, range.First + i, queries, query, dimensions);
                score += weights[query] * XMath.Exp(product - logarithms[query]);
            }

            scores[starts[Grid.IdxX] + i] = score;
        }
    }

    /// <summary>products[t, q] = query[q] · key[t], of the tokens of all ranges.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="starts">The first row of the products of each range.</param>
    /// <param name="words">[tokens, dimensions], several numbers a word.</param>
    /// <param name="scales">[tokens].</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="dimensions">The width of a key.</param>
    /// <param name="products">[tokens, queries]: written.</param>
    public static void Multiply<TNumbers>(
        ArrayView<TokenRange> ranges,
        ArrayView<int> starts,
        ArrayView<int> words,
        ArrayView<float> scales,
        ArrayView<float> queries,
        int dimensions,
        ArrayView<float> products
    )
        where TNumbers : struct, IKeyNumbers
    {
        var range = ranges[Grid.IdxX];
        var count = (int)(queries.Length / dimensions);
        for (var i = Group.IdxX; i < range.Count; i += Group.DimX)
        {
            var row = (long)(starts[Grid.IdxX] + i) * count;
            for (var query = 0; query < count; query++)
            {
                products[row + query] = Product<TNumbers>(words, scales, range.First + i, queries, query, dimensions);
            }
        }
    }

    private static float Product<TNumbers>(
        ArrayView<int> words,
        ArrayView<float> scales,
        int token,
        ArrayView<float> queries,
        int query,
        int dimensions
    )
        where TNumbers : struct, IKeyNumbers
    {
        var perWord = default(TNumbers).PerWord;
        var count = dimensions / perWord;
        var product = 0f;
        for (var i = 0; i < count; i++)
        {
            var word = words[((long)token * count) + i];
            for (var lane = 0; lane < perWord; lane++)
            {
                product += default(TNumbers).Of(word, lane) * queries[(query * dimensions) + (i * perWord) + lane];
            }
        }

        return default(TNumbers).Scale(scales, token) * product;
    }
}
