namespace McpLongContext.Training.Language;

/// <summary>The dimensions of a language model that begins from nothing.</summary>
internal sealed record ModelShape
{
    /// <summary>Width of a hidden state.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>Layers.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Query heads of a layer.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key/value heads of a layer.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>The longest segment, in tokens.</summary>
    public int Window { get; init; } = 256;
}
