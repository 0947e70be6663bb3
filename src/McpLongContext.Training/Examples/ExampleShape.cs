namespace McpLongContext.Training.Examples;

/// <summary>How long examples are.</summary>
/// <param name="SegmentTokens">Tokens of a segment.</param>
/// <param name="Segments">Segments of a text, the question's included.</param>
/// <param name="MostWeight">How many segments one of filler stands for at most.</param>
internal readonly record struct ExampleShape(int SegmentTokens, int Segments, double MostWeight);
