namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>
/// NTK-aware scaling: the base grows, which leaves the highest frequency and divides lower ones by more and more (Peng
/// et al., arXiv 2309.00071, section 3.1). It grows until the first frequency that turned less than once in the trained
/// window is divided by the factor (the critical dimension: Liu et al., arXiv 2310.05209, section 4), so that none
/// comes to angles that were never trained. Equation 16 of Peng et al. divides only the last one by the factor, the
/// others by less.
/// </summary>
/// <param name="Factor">1 or more.</param>
/// <param name="OriginalLength">The trained window, in tokens.</param>
public sealed record NtkScaling(double Factor, int OriginalLength) : RotaryScaling
{
    /// <summary>The scaling that the model was trained with.</summary>
    public RotaryScaling Onto { get; init; } = None;

    /// <inheritdoc />
    public override string Method => "ntk";

    /// <inheritdoc />
    public override double Extension => Factor;

    /// <inheritdoc />
    public override float AttentionFactor => Onto.AttentionFactor;

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta)
    {
        var trained = Onto.Frequencies(headDim, theta);
        var turned = trained.Count(frequency => frequency * OriginalLength >= 2 * Math.PI);
        var critical = Math.Max(1, Math.Min(turned, trained.Length - 1));
        // (theta factor^(d / 2c))^(-2i / d) = theta^(-2i / d) factor^(-i / c).
        return [.. trained.Select((frequency, i) => frequency * Math.Pow(Factor, -(double)i / critical))];
    }
}
