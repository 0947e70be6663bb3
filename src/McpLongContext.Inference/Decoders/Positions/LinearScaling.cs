namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>Positions divided by the factor (Chen et al., arXiv 2306.15595).</summary>
/// <param name="Factor">1 or more.</param>
public sealed record LinearScaling(double Factor) : RotaryScaling
{
    /// <summary>The scaling that the model was trained with.</summary>
    public RotaryScaling Onto { get; init; } = None;

    /// <inheritdoc />
    public override string Method => "linear";

    /// <inheritdoc />
    public override double Extension => Factor;

    /// <inheritdoc />
    public override float AttentionFactor => Onto.AttentionFactor;

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta) =>
        Array.ConvertAll(Onto.Frequencies(headDim, theta), frequency => frequency / Factor);
}
