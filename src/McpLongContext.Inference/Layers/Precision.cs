using System.Diagnostics.CodeAnalysis;

namespace McpLongContext.Inference.Layers;

/// <summary>The arithmetic of the linear layers.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The arithmetic is named after its numbers.")]
public enum Precision
{
    /// <summary>Weights and activations in fp32: exact.</summary>
    Float32,

    /// <summary>
    /// Weights in int8 with a scale per output, activations in int8 with a scale per token; the rest stays fp32.
    /// Faster, a quarter of the RAM, and off by about one part in a hundred.
    /// </summary>
    Int8,
}
