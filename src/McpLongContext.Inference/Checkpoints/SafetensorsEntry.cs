namespace McpLongContext.Inference.Checkpoints;

/// <summary>A tensor to be written into a safetensors file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Shape">The dimensions, row-major.</param>
/// <param name="Values">The elements.</param>
/// <param name="IsHalf">Whether it is stored as F16, rounded to nearest, instead of F32.</param>
public sealed record SafetensorsEntry(
    string Name,
    IReadOnlyList<int> Shape,
    ReadOnlyMemory<float> Values,
    bool IsHalf = false
);
