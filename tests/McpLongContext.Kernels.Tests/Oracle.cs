using System.Numerics;

namespace McpLongContext.Kernels.Tests;

/// <summary>Every operation again, as its formula says, in double precision.</summary>
internal static class Oracle
{
    public static double Gelu(double x) => x * NormalDistribution(x);

    public static double TanhGelu(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public static double[] Softmax(double[] x)
    {
        var max = x.Max();
        var powers = x.Select(value => Math.Exp(value - max)).ToArray();
        var sum = powers.Sum();
        return [.. powers.Select(power => power / sum)];
    }

    public static double[] LayerNorm(double[] h, float[] gamma, float[] beta, double epsilon)
    {
        var mean = h.Average();
        var variance = h.Average(value => (value - mean) * (value - mean));
        return [.. h.Select((value, i) => (gamma[i] * (value - mean) / Math.Sqrt(variance + epsilon)) + beta[i])];
    }

    /// <summary>X W^T + bias.</summary>
    public static double[] Product(float[] x, float[] weights, float[] bias, int rows, int inputs, int outputs)
    {
        var y = new double[rows * outputs];
        for (var row = 0; row < rows; row++)
        {
            for (var output = 0; output < outputs; output++)
            {
                var sum = bias.Length == 0 ? 0.0 : bias[output];
                for (var input = 0; input < inputs; input++)
                {
                    sum += (double)x[(row * inputs) + input] * weights[(output * inputs) + input];
                }

                y[(row * outputs) + output] = sum;
            }
        }

        return y;
    }

    /// <summary>qkv [tokens, 3, heads, headDim] to [tokens, heads, headDim].</summary>
    public static double[] Attention(float[] qkv, int tokens, int heads, int headDim) =>
        Attention(qkv, tokens, heads, headDim, 1 / Math.Sqrt(headDim), new float[(2 * tokens) - 1]);

    /// <summary>The same with another scale and a bias by distance, [2 tokens - 1].</summary>
    public static double[] Attention(float[] qkv, int tokens, int heads, int headDim, double scale, float[] bias)
    {
        var hidden = heads * headDim;
        var output = new double[tokens * hidden];
        for (var head = 0; head < heads; head++)
        {
            for (var token = 0; token < tokens; token++)
            {
                var weights = Softmax([.. Enumerable.Range(0, tokens).Select(key => Score(head, token, key))]);
                for (var key = 0; key < tokens; key++)
                {
                    for (var d = 0; d < headDim; d++)
                    {
                        output[(token * hidden) + (head * headDim) + d] += weights[key] * At(key, 2, head, d);
                    }
                }
            }
        }

        return output;

        double Score(int head, int token, int key) =>
            (scale * Enumerable.Range(0, headDim).Sum(d => At(token, 0, head, d) * At(key, 1, head, d)))
            + bias[key - token + tokens - 1];

        double At(int token, int part, int head, int d) => qkv[(((token * 3) + part) * hidden) + (head * headDim) + d];
    }

    /// <summary>
    /// queries [tokens, groups, queryHeadsPerKvHead, headDim], keys and values [all tokens, groups, headDim] to
    /// [tokens, groups, queryHeadsPerKvHead, headDim]. A pair of dimensions is a complex number; a rotation multiplies it.
    /// </summary>
    public static double[] CausalAttention(
        float[] queries,
        float[] keys,
        float[] values,
        double[] frequencies,
        int groups,
        int queryHeadsPerKvHead,
        double scale,
        int window
    )
    {
        var half = frequencies.Length;
        var headDim = 2 * half;
        var heads = groups * queryHeadsPerKvHead;
        var (tokens, total) = (queries.Length / (heads * headDim), keys.Length / (groups * headDim));
        var output = new double[queries.Length];
        for (var row = 0; row < tokens * heads; row++)
        {
            var (position, kvHead) = (total - tokens + (row / heads), row % heads / queryHeadsPerKvHead);
            var first = Math.Max(0, position + 1 - (long)window);
            var seen = Enumerable.Range((int)first, position + 1 - (int)first).ToArray();
            var weights = Softmax([.. seen.Select(key => scale * Score(row, (key * groups) + kvHead, position - key))]);
            for (var i = 0; i < seen.Length; i++)
            {
                for (var d = 0; d < headDim; d++)
                {
                    output[(row * headDim) + d] += weights[i] * values[(((seen[i] * groups) + kvHead) * headDim) + d];
                }
            }
        }

        return output;

        double Score(int query, int key, int distance) =>
            Enumerable
                .Range(0, half)
                .Sum(i =>
                    (
                        Pair(queries, query, i)
                        * Complex.Conjugate(Pair(keys, key, i))
                        * Complex.FromPolarCoordinates(1, distance * frequencies[i])
                    ).Real
                );

        Complex Pair(float[] x, int row, int i) => new(x[(row * headDim) + i], x[(row * headDim) + half + i]);
    }

    /// <summary>Phi(x): its Taylor series around 0 inside, the continued fraction of Mills' ratio outside.</summary>
    private static double NormalDistribution(double x)
    {
        var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(x) > 6)
        {
            var fraction = Math.Abs(x);
            for (var k = 60; k > 0; k--)
            {
                fraction = Math.Abs(x) + (k / fraction);
            }

            return x < 0 ? density / fraction : 1 - (density / fraction);
        }

        var term = x;
        var sum = term;
        for (var k = 3; Math.Abs(term) > 1e-18; k += 2)
        {
            term *= x * x / k;
            sum += term;
        }

        return 0.5 + (density * sum);
    }
}
