namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The relative positions of T5 (Raffel et al., arXiv 1910.10683, section 2.1): a distance falls into a bucket, exact
/// for small ones, logarithmic up to a greatest one.
/// </summary>
/// <param name="Buckets">Rows of the table of biases.</param>
/// <param name="MaxDistance">The distance from which on all fall into one bucket.</param>
public sealed record RelativePositions(int Buckets, int MaxDistance)
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="distance">Position of the key minus that of the query.</param>
    /// <param name="isBidirectional">
    /// Whether keys after the query have buckets of their own, half of them; otherwise there are no such keys.
    /// </param>
    public int BucketOf(int distance, bool isBidirectional)
    {
        var count = isBidirectional ? Buckets / 2 : Buckets;
        var first = isBidirectional && distance > 0 ? count : 0;
        var length = isBidirectional ? Math.Abs(distance) : Math.Max(-distance, 0);
        var exact = count / 2;
        if (length < exact)
        {
            return first + length;
        }

        // As the reference computes it, in fp32: at the border of a bucket the rounding decides.
        var logarithm = MathF.Log((float)length / exact) / (float)Math.Log((double)MaxDistance / exact);
        return first + Math.Min(exact + (int)(logarithm * (count - exact)), count - 1);
    }
}
