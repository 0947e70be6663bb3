using System.Buffers;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>Makes linear layers.</summary>
internal static class Linear
{
    /// <summary>Reads a layer, <c>NAME.weight</c> [outputs, inputs] and <c>NAME.bias</c> [outputs].</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="name">NAME.</param>
    /// <param name="outputs">Rows of the weights.</param>
    /// <param name="inputs">Columns of the weights.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="change">Changes the weights before they are packed; null: nothing does.</param>
    /// <exception cref="CheckpointException">A tensor is missing or of another shape.</exception>
    public static ILinear Read(
        SafetensorsFile file,
        string name,
        int outputs,
        int inputs,
        Precision precision,
        WeightChange? change = null
    )
    {
        // Before anything is allocated: the shape may be that of a configuration that lies.
        file.Require($"{name}.weight", outputs, inputs);
        // One buffer for layer after layer: arrays of this size would each bring the garbage collector on.
        var buffer = ArrayPool<float>.Shared.Rent(outputs * inputs);
        try
        {
            var weights = buffer.AsSpan(0, outputs * inputs);
            file.Read($"{name}.weight", weights, outputs, inputs);
            change?.Invoke(weights);
            return Create(weights, file.Read($"{name}.bias", outputs), precision);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>Packs a layer.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="precision">The arithmetic.</param>
    public static ILinear Create(ReadOnlySpan<float> weights, float[] bias, Precision precision)
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
