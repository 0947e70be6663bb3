namespace McpLongContext.Inference.Llama;

/// <summary>Chooses the next token.</summary>
/// <param name="logits">[vocabulary].</param>
public delegate int TokenChoice(ReadOnlySpan<float> logits);
