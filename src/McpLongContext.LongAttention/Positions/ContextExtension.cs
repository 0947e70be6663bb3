using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.LongAttention.Positions;

/// <summary>A longer window of rotary positions. Keys are kept unrotated, so none has to be written again.</summary>
public static class ContextExtension
{
    /// <summary>Llama 3.1's own: wavelengths above the trained window are divided.</summary>
    private const double LowFrequencyFactor = 1;

    /// <summary>Llama 3.1's own: wavelengths below a quarter of the trained window stay.</summary>
    private const double HighFrequencyFactor = 4;

    /// <summary>The scaling that stretches a model's trained window, s = length / trained length.</summary>
    /// <param name="config">The model as it was trained.</param>
    /// <param name="method">One that fits it: <see cref="PositionMethods.Of(DecoderConfig)"/>.</param>
    /// <param name="length">The window to reach, in tokens.</param>
    /// <exception cref="ArgumentException">The method does not fit the model.</exception>
    public static RotaryScaling Scale(DecoderConfig config, PositionMethod method, int length)
    {
        var factor = (double)length / config.ContextLength;
        var trained = config.RotaryScaling;
        return (method, trained) switch
        {
            _ when !PositionMethods.Of(config).Contains(method) => throw new ArgumentException(
                $"{method} found, expected one of {string.Join(", ", PositionMethods.Of(config))}.",
                nameof(method)
            ),
            (PositionMethod.Linear, _) => new LinearScaling(factor) { Onto = trained },
            (PositionMethod.Ntk, _) => new NtkScaling(factor, config.ContextLength) { Onto = trained },
            (PositionMethod.Yarn, YarnScaling yarn) => Stretch(yarn, factor),
            (PositionMethod.Yarn, _) => new YarnScaling(factor, config.ContextLength),
            (_, Llama3Scaling llama3) => llama3 with { Factor = llama3.Factor * factor },
            _ => new Llama3Scaling(factor, LowFrequencyFactor, HighFrequencyFactor, config.ContextLength),
        };
    }

    /// <summary>A model's own attention factor grows as that of the formula does.</summary>
    private static YarnScaling Stretch(YarnScaling trained, double factor)
    {
        var stretched = new YarnScaling(trained.Factor * factor, trained.OriginalLength);
        var usual = new YarnScaling(trained.Factor, trained.OriginalLength);
        return trained with
        {
            Factor = stretched.Factor,
            OwnAttentionFactor = trained.OwnAttentionFactor * stretched.AttentionFactor / usual.AttentionFactor,
        };
    }
}
