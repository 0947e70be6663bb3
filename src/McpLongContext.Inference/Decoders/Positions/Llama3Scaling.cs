namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>
/// The scaling that Llama 3.1 and 3.2 were trained with: frequencies whose wavelength is below OriginalLength /
/// HighFrequencyFactor stay, above OriginalLength / LowFrequencyFactor they are divided by the factor, between them
/// blended.
/// </summary>
/// <param name="Factor">1 or more.</param>
/// <param name="LowFrequencyFactor">Below <paramref name="HighFrequencyFactor"/>.</param>
/// <param name="HighFrequencyFactor">Above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalLength">The window of the training before, in tokens.</param>
public sealed record Llama3Scaling(
    double Factor,
    double LowFrequencyFactor,
    double HighFrequencyFactor,
    int OriginalLength
) : RotaryScaling
{
    /// <inheritdoc />
    public override string Method => "llama3";

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta)
    {
        var frequencies = Plain(headDim, theta);
        for (var i = 0; i < frequencies.Length; i++)
        {
            var rotations = OriginalLength * frequencies[i] / (2 * Math.PI);
            var kept = (rotations - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
            kept = Math.Clamp(kept, 0, 1);
            frequencies[i] *= kept + ((1 - kept) / Factor);
        }

        return frequencies;
    }
}
