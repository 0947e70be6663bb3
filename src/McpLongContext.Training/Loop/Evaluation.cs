namespace McpLongContext.Training.Loop;

/// <summary>A measurement on what is held out.</summary>
/// <param name="Score">More is better.</param>
/// <param name="HeldOut">The measurements that make the score, by name.</param>
/// <param name="Gates">sigmoid(beta) by layer and head; null where there are none.</param>
internal sealed record Evaluation(
    double Score,
    IReadOnlyDictionary<string, double> HeldOut,
    IReadOnlyList<IReadOnlyList<double>>? Gates = null
);
