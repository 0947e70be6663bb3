namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Weights of a new model.</summary>
/// <param name="seed">Chooses them.</param>
internal sealed class RandomWeights(int seed) : IWeightSource
{
    private readonly Random _random = new(seed);

    /// <inheritdoc />
    public float[] Read(string name, int[] shape, WeightStart start)
    {
        var values = new float[shape.Aggregate(1, (size, dimension) => checked(size * dimension))];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(start.Mean + (start.Deviation == 0 ? 0 : start.Deviation * Normal()));
        }

        return values;
    }

    /// <summary>A number of the standard normal distribution (Box and Muller, 1958).</summary>
    private double Normal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        return radius * Math.Cos(2 * Math.PI * _random.NextDouble());
    }
}
