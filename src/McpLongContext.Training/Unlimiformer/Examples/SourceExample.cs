namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>A source and what is written from it.</summary>
/// <param name="Source">Tokens of the source, without those that begin and end it.</param>
/// <param name="Targets">One target or more.</param>
internal sealed record SourceExample(int[] Source, IReadOnlyList<TargetExample> Targets);
