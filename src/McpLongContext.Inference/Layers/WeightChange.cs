namespace McpLongContext.Inference.Layers;

/// <summary>Changes the weights of a linear layer in place.</summary>
/// <param name="weights">[outputs, inputs], row-major.</param>
internal delegate void WeightChange(Span<float> weights);
