using System.Text;

namespace McpLongContext.Tests.Shared;

/// <summary>
/// Weights made from the names of their tensors, as tools/golden makes them: the same fp32 numbers in both, so that no
/// weights need to be kept with the tests.
/// </summary>
internal static class NamedWeights
{
    /// <summary>SplitMix64 (Steele, Lea and Flood 2014), seeded by the name; 24 bits of each number.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="count">Elements.</param>
    /// <param name="scale">Of numbers in [-1, 1).</param>
    /// <param name="offset">Added.</param>
    public static float[] Uniform(string name, int count, double scale, double offset = 0)
    {
        var values = new float[count];
        var state = HashOf(name);
        for (var i = 0; i < count; i++)
        {
            var z = state += 0x9E37_79B9_7F4A_7C15;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            z ^= z >> 31;
            values[i] = (float)((((z >> 40) * Math.Pow(2, -23)) - 1) * scale + offset);
        }

        return values;
    }

    /// <summary>FNV-1a.</summary>
    private static ulong HashOf(string text) =>
        Encoding
            .UTF8.GetBytes(text)
            .Aggregate(0xCBF2_9CE4_8422_2325, (hash, value) => (hash ^ value) * 0x100_0000_01B3);
}
