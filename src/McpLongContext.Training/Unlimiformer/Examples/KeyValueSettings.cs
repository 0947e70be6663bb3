namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>The generated task: documents of keys and values.</summary>
internal sealed record KeyValueSettings
{
    /// <summary>Tokens of the shortest document.</summary>
    public int ShortestSource { get; init; } = 1_000;

    /// <summary>Tokens of the longest document.</summary>
    public int LongestSource { get; init; } = 4_000;

    /// <summary>Keys of a document that are asked for.</summary>
    public int AskedKeys { get; init; } = 32;
}
