namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>A target that was found.</summary>
/// <param name="Tokens">The tokens, without those that begin and end a target.</param>
/// <param name="Rows">The number of each in the <see cref="TargetSession"/>.</param>
/// <param name="Score">The log-likelihood by the length to the power of the length penalty.</param>
/// <param name="IsPartial">Whether the search was broken off.</param>
public sealed record FoundTarget(IReadOnlyList<int> Tokens, IReadOnlyList<int> Rows, double Score, bool IsPartial);
