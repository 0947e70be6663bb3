namespace McpLongContext.Inference.Decoders;

/// <summary>Chooses the next token.</summary>
/// <param name="logits">[vocabulary].</param>
public delegate int TokenChoice(ReadOnlySpan<float> logits);
