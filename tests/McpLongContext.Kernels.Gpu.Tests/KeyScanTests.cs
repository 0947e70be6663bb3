using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

public sealed class KeyScanTests : IDisposable
{
    private const int Tokens = 2_600;

    private static readonly TokenRange[] s_ranges = [new(2_590, 10), new(3, 1), new(40, 2_100)];

    private readonly TestDevices _devices = new(1 << 20);

    public void Dispose() => _devices.Dispose();

    [Theory]
    [InlineData(8, 1, KeyFormat.EightBit)]
    [InlineData(64, 3, KeyFormat.EightBit)]
    [InlineData(64, 2, KeyFormat.Half)]
    public void Sums_and_scores_are_those_of_a_softmax(int dimensions, int count, KeyFormat format)
    {
        var random = new Random(dimensions);
        var sample = new SampleKeys(random, Tokens, dimensions, format);
        var queries = SamplePlanes.Floats(random, count * dimensions);
        var weights = SamplePlanes.Floats(random, count);
        using var keys = _devices.Search.Hold(sample.Plane)!;
        var tokens = s_ranges.SelectMany(range => Enumerable.Range(range.First, range.Count)).ToArray();

        var (largest, sums) = keys.Sum(s_ranges, queries)!.Value;
        var logarithms = new float[count];
        for (var query = 0; query < count; query++)
        {
            var products = tokens.Select(token => Product(query, token)).ToArray();
            var expected = products.Sum(product => Math.Exp(product - products.Max()));
            Assert.Equal(products.Max(), largest[query], 1e-4);
            Assert.Equal(1, sums[query] / expected, 1e-4);
            logarithms[query] = (float)(products.Max() + Math.Log(expected));
        }

        var scores = keys.Score(s_ranges, queries, weights, logarithms)!;
        Assert.Equal(tokens.Length, scores.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            var expected = 0.0;
            for (var query = 0; query < count; query++)
            {
                expected += weights[query] * Math.Exp(Product(query, tokens[i]) - logarithms[query]);
            }

            Assert.Equal(expected, scores[i], 1e-6 + (1e-4 * Math.Abs(expected)));
        }

        var multiplied = keys.Multiply(s_ranges, queries)!;
        for (var i = 0; i < multiplied.Length; i++)
        {
            Assert.Equal(Product(i % count, tokens[i / count]), multiplied[i], 1e-4);
        }

        Assert.Equal(tokens.Length * count, multiplied.Length);

        double Product(int query, int token)
        {
            var key = sample[token].ToArray();
            return key.Select((number, d) => queries[(query * dimensions) + d] * (double)number).Sum();
        }
    }
}
