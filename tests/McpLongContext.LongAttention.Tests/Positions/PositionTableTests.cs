using McpLongContext.LongAttention.Positions;

namespace McpLongContext.LongAttention.Tests.Positions;

public sealed class PositionTableTests
{
    private static readonly PositionGolden s_golden = PositionGolden.Read();

    [Fact]
    public void A_stretched_table_is_read_between_its_rows()
    {
        Assert.Equal(3, s_golden.Learned.Length);
        foreach (var golden in s_golden.Learned)
        {
            var stretched = LearnedTable.Interpolate(golden.Table, golden.Hidden, golden.Length);

            Assert.Equal(golden.Stretched.Length, stretched.Length);
            for (var i = 0; i < stretched.Length; i++)
            {
                Assert.Equal(golden.Stretched[i], stretched[i], 1e-6);
            }
        }
    }

    [Fact]
    public void Copying_keeps_the_trained_rows_bit_for_bit_and_reads_the_others_between_them()
    {
        foreach (var golden in s_golden.Learned)
        {
            var copied = LearnedTable.Copy(golden.Table, golden.Hidden, golden.Length);

            Assert.Equal(golden.Table, copied[..golden.Table.Length]);
            for (var i = golden.Table.Length; i < copied.Length; i++)
            {
                Assert.Equal(golden.Stretched[i], copied[i], 1e-6);
            }

            Assert.Equal(golden.Table[^golden.Hidden..], copied[^golden.Hidden..]);
        }
    }

    [Fact]
    public void A_learned_table_does_not_become_shorter() =>
        Assert.Throws<ArgumentOutOfRangeException>("length", () => LearnedTable.Copy(new float[8], 2, 3));

    [Theory]
    [InlineData(1)] // fp32
    [InlineData(1 << 13)] // what fp16 keeps
    [InlineData(1 << 16)] // what bf16 keeps
    public void A_computed_table_is_recognized_in_every_precision_and_recomputed_beyond(int step)
    {
        Assert.Equal(2, s_golden.Sinusoidal.Length);
        foreach (var golden in s_golden.Sinusoidal)
        {
            var whole = Array.ConvertAll(golden.Table, value => (float)value);
            var half = Array.ConvertAll(whole[..(whole.Length / 2)], value => Rounded(value, step));
            var order = SinusoidalTable.Recognize(half, golden.Hidden);
            Assert.Equal(golden.Order, order.ToString());

            var extended = SinusoidalTable.Extend(half, golden.Hidden, order!.Value, whole.Length / golden.Hidden);

            Assert.Equal(half, extended[..half.Length]);
            for (var i = half.Length; i < whole.Length; i++)
            {
                Assert.Equal(golden.Table[i], extended[i], 1e-7);
            }
        }
    }

    [Fact]
    public void A_learned_table_is_none_that_was_computed()
    {
        Assert.Null(SinusoidalTable.Recognize(s_golden.Learned[0].Table, 6));
        Assert.Null(SinusoidalTable.Recognize(new float[9], 3));
        float[] odd = [.. s_golden.Sinusoidal[0].Table.Select(value => (float)value)];
        odd[^1] += 0.1f;
        Assert.Null(SinusoidalTable.Recognize(odd, s_golden.Sinusoidal[0].Hidden));
    }

    private static float Rounded(float value, int step)
    {
        var bits = BitConverter.SingleToUInt32Bits(value) + ((uint)step / 2);
        return BitConverter.UInt32BitsToSingle(bits & ~((uint)step - 1));
    }
}
