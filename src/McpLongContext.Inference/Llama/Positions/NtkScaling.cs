namespace McpLongContext.Inference.Llama.Positions;

/// <summary>
/// NTK-aware scaling: the base grows to theta factor^(d / (d - 2)), which leaves the highest frequency and divides the
/// lowest by the factor (Peng et al., arXiv 2309.00071, equation 16).
/// </summary>
/// <param name="Factor">1 or more.</param>
public sealed record NtkScaling(double Factor) : RotaryScaling
{
    /// <inheritdoc />
    public override string Method => "ntk";

    /// <inheritdoc />
    public override double Extension => Factor;

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta) =>
        headDim == 2 ? Plain(headDim, theta) : Plain(headDim, theta * Math.Pow(Factor, headDim / (headDim - 2.0)));
}
