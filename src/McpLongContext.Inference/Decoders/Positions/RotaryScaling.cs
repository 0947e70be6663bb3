namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>
/// How rotary position encoding reaches positions beyond those of the training: a change of its frequencies. Keys are
/// kept unrotated, so that another scaling needs no other keys.
/// </summary>
public abstract record RotaryScaling
{
    /// <summary>The encoding as it was trained.</summary>
    public static RotaryScaling None { get; } = new Unscaled();

    /// <summary>The name of the method.</summary>
    public abstract string Method { get; }

    /// <summary>
    /// How many times the trained window the scaled one is; 1 where the training was with this scaling.
    /// </summary>
    public virtual double Extension => 1;

    /// <summary>The attention factor, by which cosines and sines are multiplied.</summary>
    public virtual float AttentionFactor => 1;

    /// <summary>The frequencies.</summary>
    /// <param name="headDim">Dimensions of a head, d.</param>
    /// <param name="theta">The base of the frequencies.</param>
    /// <returns>[d / 2] angles in radians per position.</returns>
    public abstract double[] Frequencies(int headDim, double theta);

    /// <summary>theta^(-2i / d): equation 15 of Su et al., arXiv 2104.09864.</summary>
    private protected static double[] Plain(int headDim, double theta) =>
        [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(theta, -2.0 * i / headDim))];

    private sealed record Unscaled : RotaryScaling
    {
        public override string Method => "none";

        public override double[] Frequencies(int headDim, double theta) => Plain(headDim, theta);
    }
}
