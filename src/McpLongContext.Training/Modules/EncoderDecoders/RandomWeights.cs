using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Weights of a new model.</summary>
/// <param name="seed">Chooses them.</param>
internal sealed class RandomWeights(int seed) : IWeightSource
{
    /// <inheritdoc />
    public float[] Read(string name, int[] shape, WeightStart start)
    {
        var random = new Random(Seeds.Of(seed, start.Alike ?? name));
        var values = new float[shape.Aggregate(1, (size, dimension) => checked(size * dimension))];
        var rows = start.IsTransposed ? shape[0] : values.Length;
        for (var i = 0; i < values.Length; i++)
        {
            // Column by column where the matrix is transposed.
            var at = (i % rows * (values.Length / rows)) + (i / rows);
            var mean = start.Means?[at] ?? start.Mean;
            values[at] = (float)(mean + (start.Deviation == 0 ? 0 : start.Deviation * Seeds.Normal(random)));
        }

        return values;
    }
}
