namespace McpLongContext.Context.Contracts;

/// <summary>The sentences or lines of a piece of evidence that align best with the question.</summary>
/// <param name="StartLine">First line, 1-based.</param>
/// <param name="EndLine">Last line, inclusive.</param>
/// <param name="Text">The text: a part of the evidence, as it is written there.</param>
public sealed record Highlight(int StartLine, int EndLine, string Text)
{
    /// <summary>How well it aligns; comparable within one query only.</summary>
    internal double Score { get; init; }
}
