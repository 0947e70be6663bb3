using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>W x + b.</summary>
/// <param name="Matrix">[outputs, inputs].</param>
/// <param name="Bias">[outputs] or empty.</param>
internal sealed record AffineWeights(IWeightMatrix Matrix, float[] Bias);
