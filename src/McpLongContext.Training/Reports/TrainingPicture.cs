using System.Globalization;
using System.Text;

namespace McpLongContext.Training.Reports;

/// <summary>
/// A training as a picture (SVG): losses by step, measurements on what is held out, gates by layer and head.
/// </summary>
internal static class TrainingPicture
{
    public const string FileName = "training.svg";

    private const int Width = 720;
    private const int PanelHeight = 200;
    private const int Left = 60;
    private const int Right = 150;
    private const int Gap = 60;

    /// <summary>Steps whose losses become one point.</summary>
    private const int Smoothing = 10;

    private static readonly string[] s_colors = ["#1b6ca8", "#c2571a", "#2e7d32", "#7b3fa0", "#8a6d00", "#00796b"];

    /// <summary>Draws a training.</summary>
    /// <exception cref="TrainingException">The file cannot be written.</exception>
    public static void Save(string path, string title, IReadOnlyList<MetricsLine> lines) =>
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Draw(title, lines))));

    internal static string Draw(string title, IReadOnlyList<MetricsLine> lines)
    {
        var gates = lines.LastOrDefault(line => line.Gates is not null)?.Gates ?? [];
        var height = ((gates.Count > 0 ? 3 : 2) * (PanelHeight + Gap)) + 40;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="{Left}" y="24" font-size="16">{title}: training</text>

            """
        );
        var steps = Math.Max(1, lines.Count > 0 ? lines.Max(line => line.Step) : 1);
        Panel(svg, 40, "negative log-likelihood of a token, by step", steps, LossesOf(lines));
        Panel(svg, 40 + PanelHeight + Gap, "measurements on what is held out, by step", steps, HeldOutOf(lines));
        if (gates.Count > 0)
        {
            Gates(svg, 40 + (2 * (PanelHeight + Gap)), gates);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static List<Series> LossesOf(IReadOnlyList<MetricsLine> lines)
    {
        var steps = lines.Where(line => line.Losses is not null).Chunk(Smoothing).ToList();
        return
        [
            .. steps
                .SelectMany(some => some.SelectMany(line => line.Losses!.Keys))
                .Distinct()
                .Select(name => new Series(
                    name,
                    steps.ConvertAll(some =>
                        (some[^1].Step, some.Average(line => line.Losses!.GetValueOrDefault(name)))
                    )
                )),
        ];
    }

    private static List<Series> HeldOutOf(IReadOnlyList<MetricsLine> lines)
    {
        var evaluated = lines.Where(line => line.HeldOut is not null).ToList();
        return
        [
            .. evaluated
                .SelectMany(line => line.HeldOut!.Keys)
                .Distinct()
                .Select(name => new Series(
                    name,
                    [
                        .. evaluated
                            .Where(line => line.HeldOut!.ContainsKey(name))
                            .Select(line => (line.Step, line.HeldOut![name])),
                    ]
                )),
        ];
    }

    private static void Panel(StringBuilder svg, int top, string title, int steps, IReadOnlyList<Series> series)
    {
        var points = series.SelectMany(one => one.Points).ToList();
        var highest = Math.Max(1e-9, points.Select(point => point.Value).DefaultIfEmpty(1).Max());
        var bottom = top + 20 + PanelHeight;
        Text(svg, Left, top + 14, title);
        foreach (var share in (double[])[0, 0.5, 1])
        {
            var y = bottom - (share * PanelHeight);
            Line(svg, Left, y, Width - Right, y, "#dddddd");
            Text(svg, 8, y + 4, (highest * share).ToString("0.##", CultureInfo.InvariantCulture));
        }

        Text(svg, Left, bottom + 16, "0");
        Text(svg, Width - Right - 30, bottom + 16, $"step {steps}");
        for (var i = 0; i < series.Count; i++)
        {
            var color = s_colors[i % s_colors.Length];
            var path = string.Join(
                ' ',
                series[i]
                    .Points.Select(point =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{Left + ((double)point.Step / steps * (Width - Right - Left)):F1},{bottom - (Math.Min(1, point.Value / highest) * PanelHeight):F1}"
                        )
                    )
            );
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n"
            );
            Text(svg, Width - Right + 10, top + 34 + (i * 18), series[i].Name, color);
        }
    }

    private static void Gates(StringBuilder svg, int top, IReadOnlyList<IReadOnlyList<double>> gates)
    {
        Text(
            svg,
            Left,
            top + 14,
            "share that a head takes from memory, sigmoid(beta), by layer (row) and head (column)"
        );
        var (width, height) = ((Width - Right - Left) / gates[0].Count, PanelHeight / gates.Count);
        for (var layer = 0; layer < gates.Count; layer++)
        {
            for (var head = 0; head < gates[layer].Count; head++)
            {
                var gate = gates[layer][head];
                var (x, y) = (Left + (head * width), top + 24 + (layer * height));
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<rect x=\"{x}\" y=\"{y}\" width=\"{width - 1}\" height=\"{height - 1}\" fill=\"#1b6ca8\" fill-opacity=\"{gate:F3}\"/>\n"
                );
                if (height >= 14 && width >= 28)
                {
                    Text(svg, x + 4, y + (height / 2) + 4, gate.ToString("0.00", CultureInfo.InvariantCulture));
                }
            }
        }
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string color) =>
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" stroke=\"{color}\"/>\n"
        );

    private static void Text(StringBuilder svg, double x, double y, string text, string color = "#222222") =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{y:F1}\" fill=\"{color}\">{text}</text>\n");

    private sealed record Series(string Name, IReadOnlyList<(int Step, double Value)> Points);
}
