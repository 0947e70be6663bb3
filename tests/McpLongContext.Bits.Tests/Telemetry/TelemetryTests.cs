using McpLongContext.Bits.Telemetry;

namespace McpLongContext.Bits.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public void Undecided_predictions_have_no_negentropy_and_full_symbiosis()
    {
        var telemetry = PredictionTelemetry.Of([0.5f, 0.5f, 0.5f, 0.5f]);

        Assert.Equal(0, telemetry.Negentropy, 12);
        Assert.Equal(1, telemetry.Symbiosis, 12);
    }

    [Fact]
    public void Certain_predictions_have_full_negentropy()
    {
        var telemetry = PredictionTelemetry.Of([0, 1, 1, 0]);

        Assert.Equal(1, telemetry.Negentropy, 12);
        Assert.Equal(1 / (1 + Math.Log(2)), telemetry.Symbiosis, 12);
    }

    [Fact]
    public void Measures_are_those_of_the_formulas()
    {
        float[] predictions = [0.1f, 0.7f, 0.25f];
        var entropy = predictions.Average(p => -(p * Math.Log2(p)) - ((1 - p) * Math.Log2(1 - p)));
        var divergence = predictions.Average(p => (p * Math.Log(2 * p)) + ((1 - p) * Math.Log(2 * (1 - p))));

        var telemetry = PredictionTelemetry.Of(predictions);

        Assert.Equal(1 - entropy, telemetry.Negentropy, 6);
        Assert.Equal(1 / (1 + divergence), telemetry.Symbiosis, 6);
        Assert.Equal(LempelZiv.Complexity([0, 1, 0]), telemetry.Complexity);
    }

    [Fact]
    public void The_gate_closes_when_an_average_falls_below_its_floor_after_the_burn_in()
    {
        var gate = new SafetyGate();
        var bad = new PredictionTelemetry(0.9, 0.1, 0.9);

        var passes = Enumerable.Range(0, 12).Select(_ => gate.Pass(bad)).ToList();

        Assert.All(passes.Take(10), Assert.True);
        Assert.All(passes.Skip(10), Assert.False);
    }

    [Fact]
    public void One_bad_window_among_good_ones_passes()
    {
        var gate = new SafetyGate();
        for (var i = 0; i < 20; i++)
        {
            gate.Pass(new PredictionTelemetry(0.5, 0.8, 0.9));
        }

        Assert.True(gate.Pass(new PredictionTelemetry(0.5, 0, 0.1)));
        Assert.Equal(0.72, gate.Complexity, 9);
    }
}
