using McpLongContext.Bits.Telemetry;

namespace McpLongContext.Bits.Tests.Telemetry;

public sealed class LempelZivTests
{
    [Fact]
    public void The_example_of_the_paper_has_six_components() =>
        // 0 . 001 . 10 . 100 . 1000 . 101
        Assert.Equal(6, LempelZiv.Components([0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1]));

    [Fact]
    public void Components_are_those_of_the_definition()
    {
        var random = new Random(5);
        for (var length = 0; length < 150; length++)
        {
            var bits = new byte[length];
            for (var i = 0; i < length; i++)
            {
                bits[i] = (byte)(random.NextDouble() < 0.25 ? 1 : 0);
            }

            Assert.Equal(Definition(bits), LempelZiv.Components(bits));
        }
    }

    [Fact]
    public void Random_bits_are_complex_and_repeated_ones_are_not()
    {
        var random = new Random(9);
        var bits = new byte[4096];
        random.NextBytes(bits);

        Assert.InRange(LempelZiv.Complexity([.. bits.Select(one => (byte)(one & 1))]), 0.9, 1.2);
        Assert.InRange(LempelZiv.Complexity(new byte[4096]), 0, 0.01);
    }

    /// <summary>A component is the shortest continuation that does not occur before its last bit.</summary>
    private static int Definition(byte[] bits)
    {
        var components = 0;
        for (var start = 0; start < bits.Length; components++)
        {
            var length = 1;
            while (
                start + length < bits.Length
                && bits.AsSpan(0, start + length - 1).IndexOf(bits.AsSpan(start, length)) >= 0
            )
            {
                length++;
            }

            start += length;
        }

        return components;
    }
}
