namespace McpLongContext.Inference.Llama.Positions;

/// <summary>
/// NTK-aware scaling: the base grows to theta factor^(d / (d - 2)), which leaves the highest frequency and divides the
/// lowest by the factor (Peng et al., arXiv 2309.00071, equation 16).
/// </summary>
/// <param name="Factor">1 or more.</param>
public sealed record NtkScaling(double Factor) : RotaryScaling
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
    public override double[] Frequencies(int headDim, double theta) =>
        // (theta factor^(d / (d - 2)))^(-2i / d) = theta^(-2i / d) factor^(-2i / (d - 2)).
        [
            .. Onto.Frequencies(headDim, theta)
                .Select((frequency, i) => i == 0 ? frequency : frequency * Math.Pow(Factor, -2.0 * i / (headDim - 2))),
        ];
}
