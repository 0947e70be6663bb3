namespace McpLongContext.Training.Loop;

/// <summary>A step of training.</summary>
/// <param name="Losses">By name, in nats a token or a question; a loss that keeps something says its unit itself.</param>
/// <param name="Shares">Shares of right predictions, from 0 to 1, and other measurements of a step by name.</param>
/// <param name="SearchSeconds">The time that retrieval took; null where nothing is retrieved.</param>
internal sealed record StepResult(
    IReadOnlyDictionary<string, double> Losses,
    IReadOnlyDictionary<string, double> Shares,
    double? SearchSeconds = null
)
{
    /// <summary>Whether the losses are numbers.</summary>
    public bool IsFinite => Losses.Values.All(double.IsFinite);
}
