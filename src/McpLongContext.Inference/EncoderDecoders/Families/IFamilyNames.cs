namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The names of a model's tensors, without <c>.weight</c> and <c>.bias</c>.</summary>
public interface IFamilyNames
{
    /// <summary>[vocabulary, hidden].</summary>
    public string Embedding { get; }

    /// <summary>[vocabulary, hidden], where it is not the embedding.</summary>
    public string Output { get; }

    /// <summary>[1, vocabulary], added to the logits, with its ending; null: none.</summary>
    public string? OutputBias { get; }

    /// <summary>The names of a stack.</summary>
    public StackNames Stack(bool isDecoder);

    /// <summary>Whether a tensor, by its whole name, repeats another one or is not used.</summary>
    public bool IsIgnored(string name);
}
