namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// The pairs of one folder or datastore. The passages of a batch come from one source, as the passages of a search do.
/// </summary>
/// <param name="Name">The folder or datastore.</param>
/// <param name="Training">The pairs to learn from.</param>
/// <param name="HeldOut">The pairs to measure with.</param>
internal sealed record PairSource(string Name, IReadOnlyList<TextPair> Training, IReadOnlyList<TextPair> HeldOut);
