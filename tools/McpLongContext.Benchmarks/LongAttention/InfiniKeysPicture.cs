using System.Globalization;
using System.Security;
using System.Text;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>The curve of capacity (SVG): right answers by the number of keys in a text, a line an adapter.</summary>
internal static class InfiniKeysPicture
{
    private const int Width = 560;
    private const int Height = 300;
    private const int Left = 56;
    private const int Right = 130;
    private const int Top = 44;
    private const int Bottom = 46;

    private static readonly string[] s_colors = ["#1b6ca8", "#c2571a", "#2e7d32", "#7b3fa0"];

    /// <summary>Draws the curve.</summary>
    /// <param name="title">The model, and how long texts are.</param>
    /// <param name="lines">The name of each adapter, and its shares of right answers, 0 to 1, by the number of keys, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of keys is below 1.</exception>
    public static string Draw(
        string title,
        IReadOnlyList<(string Name, IReadOnlyList<(int Keys, double Share)> Points)> lines
    )
    {
        var counts = lines.SelectMany(line => line.Points).Select(point => point.Keys).Distinct().Order().ToList();
        ArgumentOutOfRangeException.ThrowIfLessThan(counts[0], 1, nameof(lines));
        var svg = new StringBuilder();
        Add(
            svg,
            $"<svg xmlns='http://www.w3.org/2000/svg' width='{Width}' height='{Height}' font-family='sans-serif' font-size='12'>"
        );
        Add(svg, $"<rect width='100%' height='100%' fill='white'/>");
        Add(svg, $"<text x='{Left}' y='24' font-size='14' font-weight='bold'>{SecurityElement.Escape(title)}</text>");
        foreach (var share in (double[])[0, 0.2, 0.4, 0.6, 0.8, 1])
        {
            Add(svg, $"<line x1='{Left}' x2='{Width - Right}' y1='{Y(share):F1}' y2='{Y(share):F1}' stroke='#ddd'/>");
            Add(svg, $"<text x='{Left - 8}' y='{Y(share) + 4:F1}' text-anchor='end'>{100 * share:F0}%</text>");
        }

        foreach (var count in counts)
        {
            Add(svg, $"<text x='{X(count):F1}' y='{Height - Bottom + 18}' text-anchor='middle'>{count}</text>");
        }

        Add(svg, $"<text x='{X(counts[0]):F1}' y='{Height - 10}'>keys in a text</text>");
        foreach (var ((name, points), i) in lines.Select((line, i) => (line, i)))
        {
            var color = s_colors[i % s_colors.Length];
            var path = string.Join(' ', points.Select(point => Invariant($"{X(point.Keys):F1},{Y(point.Share):F1}")));
            Add(svg, $"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='2'/>");
            foreach (var (keys, share) in points)
            {
                Add(svg, $"<circle cx='{X(keys):F1}' cy='{Y(share):F1}' r='3' fill='{color}'/>");
            }

            Add(
                svg,
                $"<text x='{Width - Right + 12}' y='{Top + 12 + (i * 18)}' fill='{color}'>{SecurityElement.Escape(name)}</text>"
            );
        }

        Add(svg, $"</svg>");
        return svg.ToString();

        double X(int keys) =>
            Left + 10 + ((Width - Left - Right - 20) * Math.Log(keys) / Math.Log(Math.Max(2, counts[^1])));

        double Y(double share) => Height - Bottom - ((Height - Top - Bottom) * share);
    }

    private static void Add(StringBuilder svg, FormattableString line) => svg.AppendLine(Invariant(line));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
