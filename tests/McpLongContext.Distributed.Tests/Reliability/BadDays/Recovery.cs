using System.Diagnostics;
using System.Globalization;

namespace McpLongContext.Distributed.Tests.Reliability.BadDays;

/// <summary>How long it takes after a disturbance until documents are acknowledged and questions answered again.</summary>
/// <param name="load">The load.</param>
internal sealed class Recovery(Load load)
{
    private readonly List<double> _ingest = [];
    private readonly List<double> _ask = [];

    /// <summary>Waits until something that began after now was acknowledged, and something answered.</summary>
    public async Task MeasureAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var (ingested, asked) = (false, false);
        while (!ingested || !asked)
        {
            Assert.True(
                Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2),
                $"No recovery within two minutes: {string.Join('\n', load.Refusals)}"
            );
            var begun = load.LastBegun;
            if (!ingested && begun.Ingested > start)
            {
                ingested = true;
                _ingest.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            if (!asked && begun.Asked > start)
            {
                asked = true;
                _ask.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{_ask.Count} disturbances, {load.Acknowledged.Count} acknowledged, {load.Answered} answered; seconds to recover: "
                + $"ingest {Line(_ingest)}; query {Line(_ask)}"
        );

    private static string Line(List<double> seconds)
    {
        seconds.Sort();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"median {seconds[seconds.Count / 2]:F2}, p95 {seconds[(int)((seconds.Count - 1) * 0.95)]:F2}, most {seconds[^1]:F2}"
        );
    }
}
