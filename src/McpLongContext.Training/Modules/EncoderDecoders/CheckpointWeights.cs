using McpLongContext.Inference.EncoderDecoders;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Weights of a model's folder.</summary>
/// <param name="parameters">The checkpoint.</param>
internal sealed class CheckpointWeights(EncoderDecoderParameters parameters) : IWeightSource
{
    /// <inheritdoc />
    public float[] Read(string name, int[] shape, WeightStart start) => parameters.Read(name, shape);
}
