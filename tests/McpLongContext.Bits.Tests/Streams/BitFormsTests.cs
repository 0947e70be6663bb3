using McpLongContext.Bits.Streams;

namespace McpLongContext.Bits.Tests.Streams;

public sealed class BitFormsTests
{
    public static TheoryData<int, double> Streams =>
        new()
        {
            { 0, 0 },
            { 1, 0 },
            { 1003, 0.5 },
            { 5000, 0.01 },
        };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Bits_come_back_from_every_form(int length, double changes)
    {
        var bits = Draw(length, changes);
        foreach (var form in Enum.GetValues<BitForm>())
        {
            Assert.Equal(bits, BitForms.Read(BitForms.Write(bits, form), form, length));
        }
    }

    [Fact]
    public void Runs_over_255_are_split() =>
        Assert.Equal([1, 255, 1, 45, 0, 2], RunLength.Encode([.. Enumerable.Repeat((byte)1, 300), 0, 0]));

    [Fact]
    public void Packing_is_big_endian_and_keeps_the_true_length()
    {
        var packed = PackedBits.Pack([1, 0, 0, 0, 0, 0, 0, 1, 1]);

        Assert.Equal([0x81, 0x80], packed.Bytes.ToArray());
        Assert.Equal(9, packed.Length);
    }

    [Fact]
    public void The_rule_picks_what_is_short()
    {
        Assert.Equal(BitForm.RunLength, BitForms.Choose(Draw(8000, 0.005)));
        Assert.Equal(BitForm.Packed, BitForms.Choose(Draw(8000, 0.5)));
        Assert.Equal(
            BitForm.Deflate,
            BitForms.Choose(
                ByteBits.Of(
                    "the same words, again and again, the same words"u8
                        .ToArray()
                        .Concat(new byte[40].Select((_, i) => (byte)('a' + (i % 20))))
                        .ToArray(),
                    parity: false
                )
            )
        );
    }

    [Theory]
    [InlineData(new byte[] { 1 }, "1 bytes found, expected pairs of value and count: the last count is missing.")]
    [InlineData(new byte[] { 1, 0 }, "a run of 0 found at byte 1, expected 1 to 255.")]
    public void A_damaged_run_length_code_is_refused(byte[] coded, string message) =>
        Assert.Equal(message, Assert.Throws<BitFormatException>(() => RunLength.Decode(coded)).Message);

    [Fact]
    public void A_length_that_does_not_fit_is_refused()
    {
        Assert.Throws<BitFormatException>(() => new PackedBits(new byte[2], 17).Unpack());
        Assert.Throws<BitFormatException>(() => BitForms.Read(new byte[] { 1, 3 }, BitForm.RunLength, 4));
        Assert.Throws<BitFormatException>(() => BitForms.Read(new byte[] { 0xFF, 0xFF }, BitForm.Deflate, 4));
    }

    private static byte[] Draw(int length, double changes)
    {
        var random = new Random(3);
        var bits = new byte[length];
        for (var i = 1; i < length; i++)
        {
            bits[i] = (byte)(bits[i - 1] ^ (random.NextDouble() < changes ? 1 : 0));
        }

        return bits;
    }
}
