namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>A target.</summary>
/// <param name="Prompt">Tokens that the decoder is given; may be empty.</param>
/// <param name="Answer">Tokens that are learned, the one that ends a target included.</param>
/// <param name="Gold">The token of the source that holds each token of the answer, -1 for none; null: not known.</param>
internal sealed record TargetExample(int[] Prompt, int[] Answer, int[]? Gold = null);
