namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>A way to take pairs from a document.</summary>
internal interface IPairKind
{
    /// <summary>The name that <c>--pairs</c> takes.</summary>
    public string Name { get; }

    /// <summary>The pairs of a document, in the order of its passages.</summary>
    public IEnumerable<TextPair> Of(SourceText document);
}
