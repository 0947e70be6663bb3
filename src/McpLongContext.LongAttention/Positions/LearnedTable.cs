using System.Numerics.Tensors;

namespace McpLongContext.LongAttention.Positions;

/// <summary>
/// A longer table of learned positions. Rows that were never trained are read between those of the table as if it were
/// stretched over the new length, both ends kept: row p at p (L - 1) / (N - 1) of the L trained rows, linearly (as
/// Dosovitskiy et al., arXiv 2010.11929, section 3.2, do in two dimensions).
/// </summary>
public static class LearnedTable
{
    /// <summary>Keeps the trained rows, so that texts of the trained window are read as ever.</summary>
    /// <param name="table">[trained, hidden].</param>
    /// <param name="hidden">Width of a row.</param>
    /// <param name="length">Rows to reach, at least the trained.</param>
    /// <returns>[length, hidden]; the trained rows bit for bit, then those read between.</returns>
    public static float[] Copy(ReadOnlySpan<float> table, int hidden, int length)
    {
        var longer = Interpolate(table, hidden, length);
        table.CopyTo(longer);
        return longer;
    }

    /// <summary>
    /// Stretches the table over the new length: neighbors are nearer to each other than they were trained.
    /// </summary>
    /// <param name="table">[trained, hidden].</param>
    /// <param name="hidden">Width of a row.</param>
    /// <param name="length">Rows to reach, at least the trained.</param>
    /// <returns>[length, hidden].</returns>
    public static float[] Interpolate(ReadOnlySpan<float> table, int hidden, int length)
    {
        var trained = table.Length / hidden;
        ArgumentOutOfRangeException.ThrowIfLessThan(length, trained);
        var longer = new float[checked(length * hidden)];
        for (var row = 0; row < length; row++)
        {
            var position = length == trained ? row : (double)row * (trained - 1) / (length - 1);
            var below = Math.Min((int)position, trained - 1);
            var above = Math.Min(below + 1, trained - 1);
            TensorPrimitives.Lerp(
                table.Slice(below * hidden, hidden),
                table.Slice(above * hidden, hidden),
                (float)(position - below),
                longer.AsSpan(row * hidden, hidden)
            );
        }

        return longer;
    }
}
