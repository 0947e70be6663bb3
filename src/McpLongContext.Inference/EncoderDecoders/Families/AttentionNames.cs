namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The names of an attention sublayer's tensors.</summary>
/// <param name="Norm">The norm: of the input of a sublayer (T5), or of the sum after it (BART).</param>
/// <param name="Query">W_q, [heads * headDim, hidden].</param>
/// <param name="Key">W_k, [heads * headDim, hidden].</param>
/// <param name="Value">W_v, [heads * headDim, hidden].</param>
/// <param name="Output">W_o, [hidden, heads * headDim].</param>
public sealed record AttentionNames(string Norm, string Query, string Key, string Value, string Output);
