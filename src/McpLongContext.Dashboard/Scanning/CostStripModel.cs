using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Scanning;

/// <summary>Costs along a file, and the spans found in it.</summary>
/// <param name="Columns">The costs.</param>
/// <param name="Spans">The spans, least likely first.</param>
public sealed record CostStripModel(CostColumns Columns, IReadOnlyList<UnlikelyBytes> Spans)
{
    /// <summary>Width of the picture, in its own units.</summary>
    public const int Width = 1000;

    /// <summary>Height of the costs.</summary>
    public const int Height = 140;

    /// <summary>Height of the marks of spans, beneath the costs.</summary>
    public const int MarkHeight = 14;

    /// <summary>The least width that is seen.</summary>
    private const double LeastMark = 4;

    /// <summary>The cost at the upper edge, in bits: at least that of a byte of which nothing is known.</summary>
    public double Highest => Math.Max(8, Columns.Highest.DefaultIfEmpty().Max());

    /// <summary>The outline of an area from the base line up to the values, as a path of SVG.</summary>
    /// <param name="values">A value a column, in bits.</param>
    public string Area(IReadOnlyList<double> values)
    {
        var path = new System.Text.StringBuilder($"M0 {Height}");
        for (var i = 0; i < values.Count; i++)
        {
            var end = Math.Min(Columns.Bytes, (i + 1) * Columns.BytesOfColumn);
            path.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"V{Height * (1 - (values[i] / Highest)):0.#}H{PlaceOf(end):0.##}"
            );
        }

        return path.Append(System.Globalization.CultureInfo.InvariantCulture, $"V{Height}Z").ToString();
    }

    /// <summary>The horizontal place of an offset.</summary>
    public double PlaceOf(long offset) => Columns.Bytes == 0 ? 0 : (double)Width * offset / Columns.Bytes;

    /// <summary>The mark of a span: where it begins, and how wide it is.</summary>
    public (double X, double Width) MarkOf(UnlikelyBytes span)
    {
        var width = Math.Max(LeastMark, PlaceOf(span.Length));
        return (Math.Min(PlaceOf(span.Offset), Width - width), width);
    }
}
