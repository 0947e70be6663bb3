using McpLongContext.Inference.Checkpoints;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>Makes linear layers.</summary>
internal static class Linear
{
    /// <summary>Reads a layer, <c>NAME.weight</c> [outputs, inputs] and <c>NAME.bias</c> [outputs].</summary>
    /// <exception cref="CheckpointException">A tensor is missing or of another shape.</exception>
    public static ILinear Read(SafetensorsFile file, string name, int outputs, int inputs, Precision precision) =>
        Create(file.Read($"{name}.weight", outputs, inputs), file.Read($"{name}.bias", outputs), precision);

    /// <summary>Packs a layer.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="precision">The arithmetic.</param>
    public static ILinear Create(float[] weights, float[] bias, Precision precision)
    {
        var outputs = bias.Length;
        var inputs = weights.Length / outputs;
        return precision switch
        {
            Precision.Float32 => new Float32Linear(PackedMatrix.Pack(weights, outputs, inputs), bias),
            Precision.Int8 => new Int8Linear(Int8PackedMatrix.Pack(weights, outputs, inputs), bias),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Expected Float32 or Int8."),
        };
    }
}
