using McpLongContext.Kernels.Attention;

namespace McpLongContext.Kernels.Tests;

public sealed class RotaryTableTests
{
    [Fact]
    public void As_an_array_a_position_has_its_cosines_and_then_its_sines()
    {
        const int Positions = 70;
        double[] frequencies = [1, 0.25, 0.01];
        var table = new RotaryTable(frequencies, 1.5f);
        table.Extend(Positions);

        var array = table.ToArray(Positions);

        Assert.Equal(Positions * 6, array.Length);
        for (var position = 0; position < Positions; position++)
        {
            for (var pair = 0; pair < 3; pair++)
            {
                var angle = position * frequencies[pair];
                Assert.Equal(1.5 * Math.Cos(angle), array[(position * 6) + pair], 1e-6);
                Assert.Equal(1.5 * Math.Sin(angle), array[(position * 6) + 3 + pair], 1e-6);
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => table.ToArray(table.Length + 1));
    }
}
