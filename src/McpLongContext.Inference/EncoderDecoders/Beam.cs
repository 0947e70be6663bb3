namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>A hypothesis of a beam search.</summary>
/// <param name="Tokens">From the token that a target begins with on.</param>
/// <param name="Score">The log-likelihood of all tokens but the first.</param>
/// <param name="Parent">The hypothesis of the step before that it continues; -1: none.</param>
internal sealed record Beam(int[] Tokens, double Score, int Parent);
