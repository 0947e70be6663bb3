namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Where the weights of a model come from when training begins.</summary>
internal interface IWeightSource
{
    /// <summary>The elements of a tensor.</summary>
    /// <param name="name">The tensor's whole name.</param>
    /// <param name="shape">The dimensions, row-major.</param>
    /// <param name="start">How the tensor of a new model begins.</param>
    public float[] Read(string name, int[] shape, WeightStart start);
}
