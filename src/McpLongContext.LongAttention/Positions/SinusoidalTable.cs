namespace McpLongContext.LongAttention.Positions;

/// <summary>
/// A computed table of positions: sin(p / 10000^(2i/d)) and the cosine of the same, for i from 0 to d/2 - 1
/// (Vaswani et al., arXiv 1706.03762, section 3.5).
/// </summary>
public static class SinusoidalTable
{
    private const double Base = 10_000;

    /// <summary>The tolerance of rounding to 16 bits.</summary>
    private const double Tolerance = 5e-3;

    /// <summary>Where sines and cosines stand.</summary>
    public enum Order
    {
        /// <summary>In turns, as in the paper.</summary>
        Interleaved,

        /// <summary>All sines, then all cosines, as in Marian.</summary>
        Halves,
    }

    /// <summary>The order of a table that is computed; null where it is a learned one.</summary>
    /// <param name="table">[positions, hidden], of any precision.</param>
    /// <param name="hidden">Width of a row.</param>
    public static Order? Recognize(ReadOnlySpan<float> table, int hidden)
    {
        if (hidden % 2 != 0)
        {
            return null;
        }

        foreach (var order in Enum.GetValues<Order>())
        {
            if (Matches(table, hidden, order))
            {
                return order;
            }
        }

        return null;
    }

    /// <summary>Adds rows to a computed table.</summary>
    /// <param name="table">[positions, hidden], as the model has it.</param>
    /// <param name="hidden">Width of a row, even.</param>
    /// <param name="order">The order of its columns.</param>
    /// <param name="length">Rows to reach.</param>
    /// <returns>[length, hidden]; the old rows bit for bit.</returns>
    public static float[] Extend(ReadOnlySpan<float> table, int hidden, Order order, int length)
    {
        var longer = new float[checked(length * hidden)];
        table.CopyTo(longer);
        for (var row = table.Length / hidden; row < length; row++)
        {
            Row(row, order, longer.AsSpan(row * hidden, hidden));
        }

        return longer;
    }

    private static bool Matches(ReadOnlySpan<float> table, int hidden, Order order)
    {
        Span<float> expected = new float[hidden];
        for (var row = 0; row < table.Length / hidden; row++)
        {
            Row(row, order, expected);
            for (var i = 0; i < hidden; i++)
            {
                if (!(Math.Abs(table[(row * hidden) + i] - expected[i]) < Tolerance))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Row(int position, Order order, Span<float> row)
    {
        var half = row.Length / 2;
        for (var i = 0; i < half; i++)
        {
            var (sine, cosine) = Math.SinCos(position / Math.Pow(Base, (double)i / half));
            var (first, second) = order == Order.Interleaved ? (2 * i, (2 * i) + 1) : (i, half + i);
            row[first] = (float)sine;
            row[second] = (float)cosine;
        }
    }
}
