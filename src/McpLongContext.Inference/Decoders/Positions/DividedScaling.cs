namespace McpLongContext.Inference.Decoders.Positions;

/// <summary>Every frequency divided by a number of its own: how a GGUF file states Llama 3's scaling.</summary>
/// <param name="Divisors">[headDim / 2], positive.</param>
public sealed record DividedScaling(IReadOnlyList<float> Divisors) : RotaryScaling
{
    /// <inheritdoc />
    public override string Method => "divided";

    /// <inheritdoc />
    public override double[] Frequencies(int headDim, double theta) =>
        [.. Plain(headDim, theta).Zip(Divisors, (frequency, divisor) => frequency / divisor)];
}
