using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Reading;

/// <summary>Retrieval attention of one layer as its definition says it, one number after the other, in double precision.</summary>
/// <param name="config">The model's configuration.</param>
/// <param name="memory">The memory.</param>
/// <param name="layout">In full depth.</param>
/// <param name="layer">The layer.</param>
internal sealed class PerLayerReference(DecoderConfig config, TokenMemory memory, KeyLayout layout, int layer)
{
    private readonly int _width = config.HeadDim;
    private readonly double[] _frequencies = config.RotaryScaling.Frequencies(config.HeadDim, config.RopeTheta);

    /// <summary>The output [tokens, heads, headDim] of a whole sequence.</summary>
    public double[] Attend(
        float[] queries,
        float[] keys,
        float[] values,
        int sinks,
        int neighbors,
        SpanPlan plan,
        int window
    )
    {
        var tokens = keys.Length / config.KeyValueSize;
        var queryHeadsPerKvHead = config.HeadCount / config.KeyValueHeadCount;
        var output = new double[queries.Length];
        for (var token = 0; token < tokens; token++)
        {
            for (var kvHead = 0; kvHead < config.KeyValueHeadCount; kvHead++)
            {
                var heads = Enumerable.Range(kvHead * queryHeadsPerKvHead, queryHeadsPerKvHead).ToArray();
                var asked = heads.Select(head => Vector(queries, token, config.HeadCount, head)).ToArray();
                var mean = Enumerable.Range(0, _width).Select(i => asked.Average(query => query[i])).ToArray();
                var read = new List<(double[] Key, double[] Value)>();
                for (var sink = 0; sink < Math.Min(sinks, token + 1); sink++)
                {
                    read.Add(Local(sink));
                }

                if (token >= sinks)
                {
                    foreach (var span in plan.Of(Search(kvHead, mean, neighbors), memory.Texts))
                    {
                        for (var i = span.First; i < span.First + span.Count; i++)
                        {
                            read.Add(
                                (
                                    Stored(span.Text, i, layout.KeyPlane(layer, kvHead)),
                                    Stored(span.Text, i, layout.ValuePlane(layer, kvHead))
                                )
                            );
                        }
                    }
                }

                for (var local = Math.Max(sinks, token + 1 - window); local <= token; local++)
                {
                    read.Add(Local(local));
                }

                for (var head = 0; head < heads.Length; head++)
                {
                    Read(asked[head], read).CopyTo(output, ((token * config.HeadCount) + heads[head]) * _width);
                }

                (double[], double[]) Local(int at) =>
                    (
                        Vector(keys, at, config.KeyValueHeadCount, kvHead),
                        Vector(values, at, config.KeyValueHeadCount, kvHead)
                    );
            }
        }

        return output;
    }

    private TokenHit[] Search(int kvHead, double[] query, int neighbors) =>
        [
            .. memory
                .Texts.SelectMany((one, text) => Enumerable.Range(0, one.Tokens).Select(token => (text, token)))
                .Select(one =>
                    (
                        one.text,
                        one.token,
                        Score: Dot(query, Stored(one.text, one.token, layout.KeyPlane(layer, kvHead)))
                    )
                )
                .OrderByDescending(one => one.Score)
                .Take(neighbors)
                .Select(one => new TokenHit(one.text, one.token, (float)one.Score)),
        ];

    /// <summary>softmax(scale R(q) R(K)^T) V, the query in the place of the last key.</summary>
    private double[] Read(double[] query, List<(double[] Key, double[] Value)> read)
    {
        var rotated = Rotate(query, read.Count - 1);
        var weights = read.Select((one, i) => Math.Exp(config.ScoreScale * Dot(rotated, Rotate(one.Key, i)))).ToArray();
        var result = new double[_width];
        for (var i = 0; i < read.Count; i++)
        {
            for (var j = 0; j < _width; j++)
            {
                result[j] += weights[i] / weights.Sum() * read[i].Value[j];
            }
        }

        return result;
    }

    private double[] Rotate(double[] vector, int position)
    {
        var half = _width / 2;
        var rotated = new double[_width];
        for (var i = 0; i < half; i++)
        {
            var (sin, cos) = Math.SinCos(position * _frequencies[i]);
            rotated[i] = (vector[i] * cos) - (vector[i + half] * sin);
            rotated[i + half] = (vector[i + half] * cos) + (vector[i] * sin);
        }

        return rotated;
    }

    private double[] Stored(int text, int token, int plane)
    {
        var vector = new float[_width];
        memory.Texts[text].Read(plane, token, 1, vector);
        return [.. vector.Select(value => (double)value)];
    }

    private double[] Vector(float[] rows, int token, int heads, int head) =>
        [.. rows.AsSpan(((token * heads) + head) * _width, _width).ToArray().Select(value => (double)value)];

    private static double Dot(double[] one, double[] other) => one.Zip(other).Sum(pair => pair.First * pair.Second);
}
