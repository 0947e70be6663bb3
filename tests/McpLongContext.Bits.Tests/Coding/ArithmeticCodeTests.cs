using McpLongContext.Bits.Coding;

namespace McpLongContext.Bits.Tests.Coding;

public sealed class ArithmeticCodeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20_000)]
    public void Bits_come_back_whatever_was_predicted(int length)
    {
        var random = new Random(length);
        var bits = new int[length];
        var probabilities = new int[length];
        for (var i = 0; i < length; i++)
        {
            bits[i] = random.Next(2);
            // Certain of the right bit, certain of the wrong one, and everything between.
            probabilities[i] = random.Next(4) switch
            {
                0 => 1,
                1 => ushort.MaxValue,
                _ => random.Next(1, ushort.MaxValue),
            };
        }

        Assert.Equal(bits, Decode(Encode(bits, probabilities), probabilities));
    }

    [Fact]
    public void A_code_is_as_long_as_the_probabilities_say()
    {
        var random = new Random(1);
        var bits = new int[50_000];
        var probabilities = new int[bits.Length];
        double information = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            var share = Math.Pow(random.NextDouble(), 3);
            bits[i] = random.NextDouble() < share ? 1 : 0;
            probabilities[i] = Math.Clamp((int)(share * 65536), 1, 65535);
            information -= Math.Log2((bits[i] == 1 ? probabilities[i] : 65536 - probabilities[i]) / 65536.0);
        }

        Assert.InRange(Encode(bits, probabilities).Length * 8, information - 1, (information * 1.0005) + 40);
    }

    [Theory]
    [InlineData(0, 32768)]
    [InlineData(100, 65535)]
    [InlineData(-100, 1)]
    public void A_difference_of_logits_is_a_probability_that_can_be_coded(float difference, int expected) =>
        Assert.Equal(expected, Probability.OfLogits(difference));

    private static byte[] Encode(int[] bits, int[] probabilities)
    {
        var encoder = new ArithmeticEncoder();
        for (var i = 0; i < bits.Length; i++)
        {
            encoder.Write(bits[i], probabilities[i]);
        }

        return encoder.Finish();
    }

    private static int[] Decode(byte[] code, int[] probabilities)
    {
        var decoder = new ArithmeticDecoder(code);
        return [.. probabilities.Select(decoder.Read)];
    }
}
