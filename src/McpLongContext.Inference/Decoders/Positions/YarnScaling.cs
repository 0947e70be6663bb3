namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>
/// YaRN (Peng et al., arXiv 2309.00071, section 3.2): frequencies that turn often within the trained window stay, those
/// that turn less than once are divided by the factor, between them a ramp; and an attention factor.
/// </summary>
/// <param name="Factor">1 or more.</param>
/// <param name="OriginalLength">The trained window, in tokens.</param>
public sealed record YarnScaling(double Factor, int OriginalLength) : RotaryScaling
{
    /// <summary>Rotations within the trained window from which on a frequency stays.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Rotations within the trained window up to which a frequency is divided.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>
    /// Whether the ends of the ramp are rounded to whole pairs of dimensions, as the paper's code does.
    /// </summary>
    public bool IsTruncated { get; init; } = true;

    /// <summary>The attention factor of a model that has its own; null: <see cref="MagnitudeOf"/> the factor.</summary>
    public double? OwnAttentionFactor { get; init; }

    /// <inheritdoc />
    public override string Method => "yarn";

    /// <inheritdoc />
    public override double Extension => Factor;

    /// <inheritdoc />
    public override float AttentionFactor => (float)(OwnAttentionFactor ?? MagnitudeOf(Factor));

    /// <summary>
    /// 0.1 scale ln(factor) + 1: equation 22, with the scale that DeepSeek-V2 added (arXiv 2405.04434).
    /// </summary>
    public static double MagnitudeOf(double factor, double scale = 1) =>
        factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta)
    {
        var plain = Plain(headDim, theta);
        var (low, high) = Ramp(headDim, theta);
        (low, high) = (Math.Clamp(low, 0, headDim - 1), Math.Clamp(high, 0, headDim - 1));
        var width = Math.Max(high - low, 0.001);
        for (var i = 0; i < plain.Length; i++)
        {
            var divided = Math.Clamp((i - low) / width, 0, 1);
            plain[i] *= 1 - divided + (divided / Factor);
        }

        return plain;
    }

    /// <summary>
    /// Whether the ramp lies within a head; one that does not was given numbers that do not fit each other.
    /// </summary>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="theta">The base of the frequencies.</param>
    public bool HasRamp(int headDim, double theta)
    {
        var (low, high) = Ramp(headDim, theta);
        return low <= high && low < headDim && high >= 0;
    }

    /// <summary>The pairs of dimensions where the ramp begins and ends.</summary>
    private (double Low, double High) Ramp(int headDim, double theta)
    {
        var (low, high) = (PairOf(BetaFast), PairOf(BetaSlow));
        return IsTruncated ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);

        double PairOf(double rotations) =>
            headDim * Math.Log(OriginalLength / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
    }
}
