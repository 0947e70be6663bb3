namespace McpLongContext.Bits.Telemetry;

/// <summary>Measures of how a model predicted a window of bits.</summary>
/// <param name="Negentropy">K = 1 - mean H2(p), H2 the binary entropy of a prediction: 1 where all are certain.</param>
/// <param name="Complexity">C, <see cref="LempelZiv.Complexity"/> of the likelier bit of every prediction.</param>
/// <param name="Symbiosis">S = 1 / (1 + mean KL(p, 1/2)), in nats: 1 where all are undecided.</param>
public sealed record PredictionTelemetry(double Negentropy, double Complexity, double Symbiosis)
{
    /// <summary>Measures predictions.</summary>
    /// <param name="probabilities">Of a 1, at least one.</param>
    public static PredictionTelemetry Of(ReadOnlySpan<float> probabilities)
    {
        if (probabilities.IsEmpty)
        {
            throw new ArgumentException("no predictions found, expected one or more.", nameof(probabilities));
        }

        var likelier = new byte[probabilities.Length];
        double entropy = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            entropy += BinaryEntropy(probabilities[i]);
            likelier[i] = probabilities[i] > 0.5f ? (byte)1 : (byte)0;
        }

        entropy /= probabilities.Length;
        // KL(p, 1/2) = ln 2 - H(p) = ln 2 (1 - H2(p)).
        var divergence = Math.Log(2) * (1 - entropy);
        return new PredictionTelemetry(1 - entropy, LempelZiv.Complexity(likelier), 1 / (1 + divergence));
    }

    /// <summary>H2(p) = -p log2 p - (1 - p) log2 (1 - p).</summary>
    public static double BinaryEntropy(double probability) =>
        probability is <= 0 or >= 1
            ? 0
            : -(probability * Math.Log2(probability)) - ((1 - probability) * Math.Log2(1 - probability));
}
