using System.Globalization;
using System.Text;

namespace McpLongContext.Benchmarks.Growth;

/// <summary>Draws growth as four small charts with logarithmic axes, in SVG.</summary>
internal static class GrowthPicture
{
    private const int Width = 380;
    private const int Height = 250;
    private const int Margin = 48;

    private static readonly string[] s_colors = ["#1b6ca8", "#c1440e"];

    public static string Draw(IReadOnlyList<GrowthPoint> points)
    {
        var svg = new StringBuilder();
        Add(
            svg,
            $"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {2 * Width} {2 * Height}' font-family='sans-serif' font-size='11'>"
        );
        Add(svg, $"<rect width='{2 * Width}' height='{2 * Height}' fill='white'/>");
        Chart(
            svg,
            0,
            0,
            points,
            "ingest, seconds",
            ("until lexical search answers", p => p.SearchableSeconds),
            ("of all cores, everything encoded", p => p.IngestCoreSeconds)
        );
        Chart(
            svg,
            Width,
            0,
            points,
            "disk, MB",
            ("text, lexical index and embeddings", p => p.DiskMegabytes),
            ("the source", p => p.Megabytes)
        );
        Chart(
            svg,
            0,
            Height,
            points,
            "memory, MB",
            ("ingest, peak", p => p.IngestMegabytes),
            ("server, with the files it maps", p => p.ServerMegabytes)
        );
        Chart(
            svg,
            Width,
            Height,
            points,
            "query, milliseconds",
            ("median", p => p.MedianMilliseconds),
            ("99th percentile", p => p.SlowMilliseconds)
        );
        Add(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Chart(
        StringBuilder svg,
        int left,
        int top,
        IReadOnlyList<GrowthPoint> points,
        string title,
        params (string Name, Func<GrowthPoint, double> Value)[] lines
    )
    {
        var values = lines.SelectMany(line => points.Select(line.Value)).ToList();
        var (low, high) = (Math.Floor(Math.Log10(values.Min())), Math.Ceiling(Math.Log10(values.Max())));
        double X(double megabytes) => left + Margin + ((Width - Margin - 20) * Math.Log10(Math.Max(1, megabytes)) / 2);
        double Y(double value) =>
            top + Height - 36 - ((Height - 70) * (Math.Log10(value) - low) / Math.Max(1, high - low));

        Add(svg, $"<text x='{left + Margin}' y='{top + 18}' font-weight='bold'>{title}, by MB of source</text>");
        for (var power = low; power <= high; power++)
        {
            var y = Y(Math.Pow(10, power));
            Add(svg, $"<line x1='{X(1):F1}' x2='{X(100):F1}' y1='{y:F1}' y2='{y:F1}' stroke='#ddd'/>");
            Add(svg, $"<text x='{X(1) - 6:F1}' y='{y + 4:F1}' text-anchor='end'>{Math.Pow(10, power)}</text>");
        }

        foreach (var size in (int[])[1, 3, 10, 30, 100])
        {
            Add(svg, $"<text x='{X(size):F1}' y='{top + Height - 18}' text-anchor='middle'>{size}</text>");
        }

        foreach (var ((name, value), i) in lines.Select((line, i) => (line, i)))
        {
            var path = string.Join(
                ' ',
                points.Select(point => Invariant($"{X(point.Megabytes):F1},{Y(value(point)):F1}"))
            );
            Add(svg, $"<polyline points='{path}' fill='none' stroke='{s_colors[i]}' stroke-width='2'/>");
            foreach (var point in points)
            {
                Add(
                    svg,
                    $"<circle cx='{X(point.Megabytes):F1}' cy='{Y(value(point)):F1}' r='3' fill='{s_colors[i]}'/>"
                );
            }

            Add(svg, $"<text x='{left + Margin + (i * 165)}' y='{top + 32}' fill='{s_colors[i]}'>{name}</text>");
        }
    }

    private static void Add(StringBuilder svg, FormattableString line) => svg.AppendLine(Invariant(line));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
