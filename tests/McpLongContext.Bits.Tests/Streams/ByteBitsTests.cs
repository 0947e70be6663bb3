using System.Text;
using McpLongContext.Bits.Streams;

namespace McpLongContext.Bits.Tests.Streams;

public sealed class ByteBitsTests
{
    [Theory]
    [InlineData("A", false, "01000001")]
    [InlineData("A", true, "010000010")]
    [InlineData("C", true, "010000111")]
    [InlineData("", true, "")]
    public void Bytes_are_written_most_significant_bit_first_with_their_sum_modulo_two(
        string text,
        bool parity,
        string bits
    ) => Assert.Equal(bits, ByteBits.Format(ByteBits.Of(Encoding.UTF8.GetBytes(text), parity)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_byte_comes_back(bool parity)
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        Assert.Equal(bytes, ByteBits.ToBytes(ByteBits.Of(bytes, parity), parity));
    }

    [Fact]
    public void Every_flipped_bit_is_found_in_its_byte()
    {
        var bits = ByteBits.Of("parity"u8, parity: true);
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] ^= 1;
            Assert.Equal([i / 9], ByteBits.ParityErrors(bits));
            bits[i] ^= 1;
        }

        Assert.Empty(ByteBits.ParityErrors(bits));
    }

    [Theory]
    [InlineData("010000011", true, "wrong parity in 1 of 1 bytes, the first at byte 0 (bits 0 to 8).")]
    [InlineData("0100000100", true, "10 bits found, expected a multiple of 9, the bits of a byte and its parity bit.")]
    [InlineData("0100000", false, "7 bits found, expected a multiple of 8, the bits of a byte.")]
    public void Bits_that_are_no_bytes_are_refused_by_name(string bits, bool parity, string message)
    {
        var error = Assert.Throws<BitFormatException>(() => ByteBits.ToBytes(ByteBits.Parse(bits), parity));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Something_that_is_no_bit_is_located()
    {
        Assert.Equal(
            "'2' found at character 4, expected 0 or 1.",
            Assert.Throws<BitFormatException>(() => ByteBits.Parse("01 2")).Message
        );
        Assert.Equal(
            "7 found at bit 1, expected 0 or 1.",
            Assert.Throws<BitFormatException>(() => ByteBits.ToBytes([0, 7, 0, 0, 0, 0, 0, 0], parity: false)).Message
        );
    }
}
