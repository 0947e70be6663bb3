using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// Weights to begin with: every head attends to one distance, the first eight to the bits of a byte, the others to the
/// same place in the bytes before; all of them to the latter where the bytes before are embedded. From random weights, a model of bits stays at the frequencies of the places for
/// thousands of steps before it finds the bits before.
/// </summary>
/// <remarks>
/// A sinusoidal position is turned by a distance d when its pairs (sin, cos) are rotated by d f_i, so that keys that are
/// the fastest pairs of the position and queries that are the same rotated score sum_i cos(f_i (distance - d)).
/// </remarks>
internal static class BitInitialization
{
    private const int ByteBits = 8;

    /// <summary>Of embeddings: less than that of positions, or those would not be found among them.</summary>
    private const double EmbeddingScale = 0.3;

    /// <summary>Of the structured rows: about e^3 between a distance and its neighbors.</summary>
    private const double Scale = 2.7;

    /// <summary>Of the random rows beneath them.</summary>
    private const double NoiseScale = 0.1;

    /// <summary>Changes the random weights of a model.</summary>
    public static void Apply(BitModule model)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        model.Bits.weight!.mul_(EmbeddingScale);
        model.Places?.weight!.mul_(EmbeddingScale);
        model.History?.weight!.mul_(EmbeddingScale);
        var config = model.Config;
        var (width, headDim) = (config.Width, config.HeadDim);
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            var weights = model.Layers[layer].QueryKeyValue.weight!; // [3 * width, width]
            weights.narrow(0, 0, 2 * width).mul_(NoiseScale);
            for (var head = 0; head < config.HeadCount; head++)
            {
                var queries = weights.narrow(0, head * headDim, headDim);
                var keys = weights.narrow(0, width + (head * headDim), headDim);
                var distance = DistanceOf((layer * config.HeadCount) + head + 1, config.HistoryBytes > 0);
                queries.add_(Rotation(headDim, width, distance));
                keys.add_(Rotation(headDim, width, distance: 0));
            }
        }
    }

    /// <summary>The distance of the n-th head, from 1.</summary>
    private static int DistanceOf(int head, bool knowsBytes) =>
        knowsBytes ? ByteBits * head
        : head <= ByteBits ? head
        : ByteBits * (head - ByteBits + 1);

    /// <summary>[headDim, width]: turns the fastest pairs of a position back by a distance.</summary>
    private static Tensor Rotation(int headDim, int width, int distance)
    {
        var rows = new float[headDim * width];
        for (var pair = 0; pair < headDim / 2; pair++)
        {
            var (sine, cosine) = Math.SinCos(distance * Math.Pow(10_000, -2.0 * pair / width));
            var at = (2 * pair * width) + (2 * pair);
            rows[at] = rows[at + width + 1] = (float)(Scale * cosine);
            rows[at + 1] = (float)(-Scale * sine);
            rows[at + width] = (float)(Scale * sine);
        }

        return tensor(rows, [headDim, width]);
    }
}
