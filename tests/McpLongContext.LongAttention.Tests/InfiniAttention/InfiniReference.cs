using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

/// <summary>The paper's equations in double precision, head by head and token by token.</summary>
internal static class InfiniReference
{
    /// <summary>Output [tokens, heads, headDim], and M [headDim, headDim] and z of each group at the end.</summary>
    public static (double[] Output, (double[,] Matrix, double[] Normalizer)[] Memories) Attend(
        AttentionSample sample,
        UpdateRule rule,
        double gate,
        int segment
    )
    {
        var config = sample.Config;
        var (width, kvHeads) = (config.HeadDim, config.KeyValueHeadCount);
        var output = new double[sample.Queries.Length];
        var memories = new (double[,], double[])[kvHeads];
        for (var kvHead = 0; kvHead < kvHeads; kvHead++)
        {
            var (m, z) = (new double[width, width], new double[width]);
            for (var start = 0; start < sample.Tokens; start += segment)
            {
                var end = Math.Min(start + segment, sample.Tokens);
                for (var token = start; token < end; token++)
                {
                    for (
                        var head = kvHead * config.HeadCount / kvHeads;
                        head < (kvHead + 1) * config.HeadCount / kvHeads;
                        head++
                    )
                    {
                        var query = Row(sample.Queries, (token * config.HeadCount) + head);
                        var local = Local(query, kvHead, start, token);
                        var read = Read(m, z, query);
                        for (var d = 0; d < width; d++)
                        {
                            output[(((token * config.HeadCount) + head) * width) + d] =
                                start == 0 ? local[d] : (gate * read[d]) + ((1 - gate) * local[d]);
                        }
                    }
                }

                if (end < sample.Tokens)
                {
                    Write(m, z, kvHead, start, end);
                }
            }

            memories[kvHead] = (m, z);
        }

        return (output, memories);

        double[] Row(float[] rows, int index) =>
            Array.ConvertAll(rows[(index * width)..((index + 1) * width)], x => (double)x);

        double[] Key(int token, int kvHead) => Row(sample.Keys, (token * kvHeads) + kvHead);

        double[] Value(int token, int kvHead) => Row(sample.Values, (token * kvHeads) + kvHead);

        double[] Local(double[] query, int kvHead, int first, int last)
        {
            var scores = Enumerable
                .Range(first, last + 1 - first)
                .Select(key => Math.Exp(Score(query, Key(key, kvHead), last - key) / Math.Sqrt(width)))
                .ToArray();
            var (sum, result) = (scores.Sum(), new double[width]);
            for (var i = 0; i < scores.Length; i++)
            {
                var value = Value(first + i, kvHead);
                for (var d = 0; d < width; d++)
                {
                    result[d] += scores[i] / sum * value[d];
                }
            }

            return result;
        }

        // A rotation of both by their positions is one of the query by the distance.
        double Score(double[] query, double[] key, int distance)
        {
            var (sum, half) = (0.0, width / 2);
            for (var i = 0; i < half; i++)
            {
                var angle = distance * Math.Pow(config.RopeTheta, -2.0 * i / width);
                var (sin, cos) = Math.SinCos(angle);
                sum += ((query[i] * cos) - (query[half + i] * sin)) * key[i];
                sum += ((query[half + i] * cos) + (query[i] * sin)) * key[half + i];
            }

            return sum;
        }

        void Write(double[,] m, double[] z, int kvHead, int start, int end)
        {
            var (before, beforeZ) = ((double[,])m.Clone(), (double[])z.Clone());
            for (var token = start; token < end; token++)
            {
                var value = Value(token, kvHead);
                if (rule == UpdateRule.Delta && start > 0)
                {
                    value = [.. value.Zip(Read(before, beforeZ, Key(token, kvHead)), (v, r) => v - r)];
                }

                var features = Sigma(Key(token, kvHead));
                for (var i = 0; i < width; i++)
                {
                    for (var j = 0; j < width; j++)
                    {
                        m[i, j] += features[i] * value[j];
                    }

                    z[i] += features[i];
                }
            }
        }
    }

    /// <summary>sigma(q) M / sigma(q) z.</summary>
    public static double[] Read(double[,] m, double[] z, double[] query)
    {
        var features = Sigma(query);
        var normalizer = features.Zip(z, (f, n) => f * n).Sum();
        return
        [
            .. Enumerable
                .Range(0, z.Length)
                .Select(j => Enumerable.Range(0, z.Length).Sum(i => features[i] * m[i, j]) / normalizer),
        ];
    }

    private static double[] Sigma(double[] x) => [.. x.Select(value => value > 0 ? value + 1 : Math.Exp(value))];
}
