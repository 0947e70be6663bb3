namespace McpLongContext.Inference.Bits;

/// <summary>
/// The table of positions that is added to embeddings: sin(p / 10000^(2i/d)) and its cosine in turns (Vaswani et al.,
/// arXiv 1706.03762, section 3.5), computed in double precision.
/// </summary>
public static class SinusoidalPositions
{
    private const double Base = 10_000;

    /// <summary>Adds rows to a table.</summary>
    /// <param name="table">[positions, width]; empty for a new one.</param>
    /// <param name="width">Width of a row, even.</param>
    /// <param name="length">Rows to reach.</param>
    /// <returns>[length, width], a new buffer; the old rows bit for bit.</returns>
    public static float[] Expand(ReadOnlySpan<float> table, int width, int length)
    {
        var longer = new float[checked(length * width)];
        table[..Math.Min(table.Length, longer.Length)].CopyTo(longer);
        var frequencies = new double[width / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Math.Pow(Base, -2.0 * i / width);
        }

        for (var position = table.Length / width; position < length; position++)
        {
            var row = longer.AsSpan(position * width, width);
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                row[2 * i] = (float)sine;
                row[(2 * i) + 1] = (float)cosine;
            }
        }

        return longer;
    }
}
