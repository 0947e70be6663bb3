namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>A target.</summary>
/// <param name="Prompt">Tokens that the decoder is given; may be empty.</param>
/// <param name="Answer">Tokens that are learned, the one that ends a target included.</param>
/// <param name="Gold">Tokens of the source that hold the answer and what tells it from others; none: not known.</param>
internal sealed record TargetExample(int[] Prompt, int[] Answer, params int[] Gold);
