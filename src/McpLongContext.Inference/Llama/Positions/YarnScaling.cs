namespace McpLongContext.Inference.Llama.Positions;

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

    /// <summary>The attention factor of a model that has its own; null: 0.1 ln(factor) + 1.</summary>
    public double? OwnAttentionFactor { get; init; }

    /// <inheritdoc />
    public override string Method => "yarn";

    /// <inheritdoc />
    public override double Extension => Factor;

    /// <inheritdoc />
    public override float AttentionFactor => (float)(OwnAttentionFactor ?? ((0.1 * Math.Log(Factor)) + 1));

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta)
    {
        var plain = Plain(headDim, theta);
        var low = Math.Clamp(Math.Floor(PairOf(BetaFast)), 0, headDim - 1);
        var high = Math.Clamp(Math.Ceiling(PairOf(BetaSlow)), 0, headDim - 1);
        var width = Math.Max(high - low, 0.001);
        for (var i = 0; i < plain.Length; i++)
        {
            var divided = Math.Clamp((i - low) / width, 0, 1);
            plain[i] *= 1 - divided + (divided / Factor);
        }

        return plain;

        double PairOf(double rotations) =>
            headDim * Math.Log(OriginalLength / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
    }
}
