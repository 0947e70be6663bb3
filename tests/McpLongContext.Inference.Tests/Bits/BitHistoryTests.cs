using McpLongContext.Inference.Bits;

namespace McpLongContext.Inference.Tests.Bits;

public sealed class BitHistoryTests
{
    [Fact]
    public void The_byte_so_far_and_those_before_are_rows_of_their_own()
    {
        var history = new BitHistory(2);
        Push(history, 0x41, 8);
        Assert.Equal([1, 256 + 0x41, 0], history.Rows.ToArray());
        Push(history, 0x00, 9);
        Assert.Equal([1, 256, 512 + 0x41], history.Rows.ToArray());
        Push(history, 0xA0, 3);
        Assert.Equal([0b1101, 256, 512 + 0x41], history.Rows.ToArray());
        history.Clear();
        Assert.Equal([0, 0, 0], history.Rows.ToArray());
    }

    [Fact]
    public void A_byte_whose_beginning_is_not_seen_is_unknown()
    {
        var history = new BitHistory(1);
        for (var place = 3; place < 8; place++)
        {
            history.Push(1, place);
            Assert.Equal([0, 0], history.Rows.ToArray());
        }

        Push(history, 0xFF, 8);
        Assert.Equal([1, 256 + 0xFF], history.Rows.ToArray());
    }

    [Fact]
    public void What_is_no_bit_place_or_history_is_refused()
    {
        var history = new BitHistory(1);

        Assert.Throws<ArgumentOutOfRangeException>("bytes", () => new BitHistory(0));
        Assert.Throws<ArgumentOutOfRangeException>("bit", () => history.Push(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>("place", () => history.Push(1, 9));
        Assert.Throws<ArgumentOutOfRangeException>("place", () => history.Push(1, -1));
        Assert.Null(new BitTransformerConfig { HistoryBytes = 8 }.FindProblem());
        Assert.Equal(
            "history: -1 found, expected 0 to 8",
            new BitTransformerConfig { HistoryBytes = -1 }.FindProblem()
        );
    }

    /// <summary>The first places of a byte; the ninth is its parity.</summary>
    private static void Push(BitHistory history, int value, int places)
    {
        for (var place = 0; place < places; place++)
        {
            history.Push(place < 8 ? (value >> (7 - place)) & 1 : 1, place);
        }
    }
}
