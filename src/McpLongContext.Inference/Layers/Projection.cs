namespace McpLongContext.Inference.Layers;

/// <summary>Linear layers applied to the same input by a thread pool, as one piece of work.</summary>
internal static class Projection
{
    /// <summary>Panels a thread takes at a time are so many that each thread comes about this often.</summary>
    private const int TurnsPerThread = 8;

    /// <summary>y = x W^T for one layer.</summary>
    public static void Project(this ComputeThreadPool threadPool, Operand x, IWeightMatrix weights, float[] y) =>
        threadPool.Project(x, [(weights, y)]);

    /// <summary>y = x W^T for each layer.</summary>
    /// <param name="threadPool">Computes.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="layers">Each layer, and where its [rows, outputs] go.</param>
    public static void Project(
        this ComputeThreadPool threadPool,
        Operand x,
        (IWeightMatrix Weights, float[] Y)[] layers
    )
    {
        var total = layers.Sum(layer => layer.Weights.Panels);
        var step = Math.Max(1, total / (threadPool.Size * TurnsPerThread));
        var starts = new int[layers.Length + 1];
        for (var i = 0; i < layers.Length; i++)
        {
            starts[i + 1] = starts[i] + ((layers[i].Weights.Panels + step - 1) / step);
        }

        threadPool.Run(
            starts[^1],
            part =>
            {
                var index = 0;
                while (part >= starts[index + 1])
                {
                    index++;
                }

                var (weights, y) = layers[index];
                var first = (part - starts[index]) * step;
                var count = Math.Min(step, weights.Panels - first);
                weights.Multiply(x, first, count, y.AsSpan(0, x.Rows * weights.Outputs));
            }
        );
    }
}
