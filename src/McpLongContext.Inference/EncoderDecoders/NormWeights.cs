namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The scale and shift of a norm; no shift where the root mean square normalizes.</summary>
/// <param name="Gamma">[hidden].</param>
/// <param name="Beta">[hidden] or empty.</param>
internal sealed record NormWeights(float[] Gamma, float[] Beta);
