namespace McpLongContext.Kernels.Tests;

/// <summary>Seeded random data and the widths over which every kernel is tested.</summary>
internal static class Sample
{
    public static float[] Uniform(int seed, int length, float limit = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => ((random.NextSingle() * 2) - 1) * limit)];
    }

    public static void Close(double[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance))
            {
                Assert.Fail($"Element {i} of {expected.Length}: expected {expected[i]:R}, found {actual[i]:R}.");
            }
        }
    }
}

/// <summary>
/// The vector widths. All of them run on any machine (the runtime emulates a width that the processor lacks), so that
/// every path is tested everywhere.
/// </summary>
public enum Width
{
    Bits128,
    Bits256,
    Bits512,
}
