namespace McpLongContext.Training.Unlimiformer;

/// <summary>How well targets were written.</summary>
/// <param name="Score">The measurement that counts, from 0 to 1: more is better.</param>
/// <param name="Measured">All of them by name, from 0 to 1.</param>
internal sealed record TargetScores(double Score, IReadOnlyDictionary<string, double> Measured);
