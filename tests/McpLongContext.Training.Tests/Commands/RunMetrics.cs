using System.Text.Json;
using McpLongContext.Training.Reports;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>The metrics that a training left in its folder, as others read them.</summary>
internal static class RunMetrics
{
    /// <summary>All lines.</summary>
    public static IReadOnlyList<JsonElement> Of(string run) =>
        [
            .. File.ReadAllLines(Path.Combine(run, MetricsLog.FileName))
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];

    /// <summary>The lines of steps.</summary>
    public static IReadOnlyList<JsonElement> Steps(string run) => With(run, "losses");

    /// <summary>The lines of evaluations on what is held out.</summary>
    public static IReadOnlyList<JsonElement> Evaluations(string run) => With(run, "held_out");

    /// <summary>A measurement of the last evaluation.</summary>
    public static double HeldOut(string run, string name) =>
        Evaluations(run)[^1].GetProperty("held_out").GetProperty(name).GetDouble();

    /// <summary>The number of the step of each line.</summary>
    public static IEnumerable<int> NumbersOf(IEnumerable<JsonElement> lines) =>
        lines.Select(line => line.GetProperty("step").GetInt32());

    /// <summary>Which steps searched for what they read.</summary>
    public static IEnumerable<bool> Retrieves(string run) =>
        Steps(run).Select(line => line.TryGetProperty("search_seconds", out _));

    private static IReadOnlyList<JsonElement> With(string run, string name) =>
        [.. Of(run).Where(line => line.TryGetProperty(name, out _))];
}
