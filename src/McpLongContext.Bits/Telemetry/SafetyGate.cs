namespace McpLongContext.Bits.Telemetry;

/// <summary>
/// Watches the telemetry of successive windows: moving averages of C and S that fall below their floors after the
/// burn-in close the gate for a window.
/// </summary>
/// <param name="complexityFloor">The least average of C.</param>
/// <param name="symbiosisFloor">
/// The least average of S. S is at least 1 / (1 + ln 2) = 0.59, so that a floor below it, as the default, never closes the
/// gate.
/// </param>
/// <param name="decay">The weight of the average so far against a new window.</param>
/// <param name="burnIn">Windows at the beginning that are never judged.</param>
public sealed class SafetyGate(
    double complexityFloor = 0.3,
    double symbiosisFloor = 0.5,
    double decay = 0.9,
    int burnIn = 10
)
{
    private int _windows;

    /// <summary>The average of C.</summary>
    public double Complexity { get; private set; }

    /// <summary>The average of S.</summary>
    public double Symbiosis { get; private set; }

    /// <summary>Takes a window into the averages.</summary>
    /// <returns>Whether it passes.</returns>
    public bool Pass(PredictionTelemetry window)
    {
        ArgumentNullException.ThrowIfNull(window);
        Complexity = Average(Complexity, window.Complexity);
        Symbiosis = Average(Symbiosis, window.Symbiosis);
        _windows++;
        return _windows <= burnIn || (Complexity >= complexityFloor && Symbiosis >= symbiosisFloor);
    }

    private double Average(double average, double value) =>
        _windows == 0 ? value : (decay * average) + ((1 - decay) * value);
}
