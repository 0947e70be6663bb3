using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace McpLongContext.Dashboard.Training;

/// <summary>The plots of a training, as SVG.</summary>
internal static class TrainingPlot
{
    private const int Width = 720;
    private const int Height = 300;

    /// <summary>Points of a line at most: more are averaged.</summary>
    private const int MostPoints = 300;

    private static readonly string[] s_light = ["#1b6ca8", "#b14e12", "#2e7d32", "#7b3fa0", "#7a5f00", "#00695c"];
    private static readonly string[] s_dark = ["#7fc1ee", "#f0a878", "#8fd694", "#d3a6ee", "#e3c766", "#74d0c2"];

    /// <summary>The names of the plots.</summary>
    public static IReadOnlyList<(string Name, string Title)> All { get; } =
    [
        ("loss", "Negative log-likelihood of a token, nats, by step"),
        ("recall", "Right answers on held-out texts, by step"),
        ("gates", "Mean share that the heads of a layer take from memory, sigmoid(beta), by step"),
    ];

    /// <summary>Draws a plot of a run; <see langword="null"/> where there is none of this name.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The name of the plot.</param>
    /// <param name="dark">Whether it stands on a dark page.</param>
    public static string? Draw(TrainingRun run, string name, bool dark)
    {
        var series = SeriesOf(run, name);
        return series is null ? null : Draw(series, name == "loss" ? null : 1, dark);
    }

    /// <summary>The names of the lines of a plot, in the order of their colors.</summary>
    public static IReadOnlyList<string> NamesOf(TrainingRun run, string name) =>
        [.. (SeriesOf(run, name) ?? []).Select(series => series.Name)];

    private static List<(string Name, List<DataPoint> Points)>? SeriesOf(TrainingRun run, string name) =>
        name switch
        {
            "loss" =>
            [
                ("answers", Points(run, line => line.AnswerLoss)),
                ("plain text", Points(run, line => line.LanguageLoss)),
            ],
            "recall" => run
                .Lines.SelectMany(line => line.HeldOut?.Keys ?? [])
                .Distinct()
                .Order()
                .Select(length =>
                    (
                        $"{length} tokens",
                        Points(run, line => line.HeldOut?.TryGetValue(length, out var right) == true ? right : null)
                    )
                )
                .ToList(),
            "gates" => Enumerable
                .Range(0, run.Gates.Count)
                .Select(layer =>
                    (
                        $"layer {layer}",
                        Points(run, line => line.Gates?.Count > layer ? line.Gates[layer].Average() : null)
                    )
                )
                .ToList(),
            _ => null,
        };

    private static List<DataPoint> Points(TrainingRun run, Func<TrainingLine, double?> value)
    {
        var points = run
            .Lines.Select(line => (line.Step, Value: value(line)))
            .Where(point => point.Value is not null)
            .Select(point => new DataPoint(point.Step, point.Value!.Value))
            .ToList();
        var together = (points.Count + MostPoints - 1) / MostPoints;
        return together <= 1
            ? points
            : [.. points.Chunk(together).Select(some => new DataPoint(some[^1].X, some.Average(point => point.Y)))];
    }

    private static string Draw(List<(string Name, List<DataPoint> Points)> series, double? most, bool dark)
    {
        var text = OxyColor.Parse(dark ? "#e8e9eb" : "#1c1e21");
        var line = OxyColor.Parse(dark ? "#3a3f46" : "#d5d8dc");
        var colors = dark ? s_dark : s_light;
        var plot = new PlotModel
        {
            Background = OxyColor.Parse(dark ? "#1e2125" : "#ffffff"),
            TextColor = text,
            PlotAreaBorderColor = line,
        };
        plot.Axes.Add(Axis(AxisPosition.Bottom, "step", most: null));
        plot.Axes.Add(Axis(AxisPosition.Left, "", most));
        for (var i = 0; i < series.Count; i++)
        {
            var drawn = new LineSeries
            {
                Title = series[i].Name,
                Color = OxyColor.Parse(colors[i % colors.Length]),
                LineStyle = i < colors.Length ? LineStyle.Solid : LineStyle.Dash,
                MarkerType = series[i].Points.Count < 30 ? MarkerType.Circle : MarkerType.None,
            };
            drawn.Points.AddRange(series[i].Points);
            plot.Series.Add(drawn);
        }

        return new SvgExporter { Width = Width, Height = Height }.ExportToString(plot);

        LinearAxis Axis(AxisPosition position, string title, double? most) =>
            new()
            {
                Position = position,
                Title = title,
                Minimum = 0,
                Maximum = most ?? double.NaN,
                TicklineColor = line,
                AxislineColor = line,
                MajorGridlineColor = line,
                MajorGridlineStyle = LineStyle.Solid,
            };
    }
}
