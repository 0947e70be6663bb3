using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.LongAttention.Positions;

/// <summary>How a model tells positions apart.</summary>
public enum PositionKind
{
    /// <summary>
    /// Queries and keys are rotated by angles that grow with the position (Su et al., arXiv 2104.09864).
    /// </summary>
    Rotary,

    /// <summary>A computed table is added to the embeddings (Vaswani et al., arXiv 1706.03762, section 3.5).</summary>
    Sinusoidal,

    /// <summary>A learned table is added to the embeddings (Devlin et al., arXiv 1810.04805).</summary>
    Learned,
}

/// <summary>How a window is made longer than it was trained.</summary>
public enum PositionMethod
{
    /// <summary>Not at all: positions as they were trained.</summary>
    Trained,

    /// <summary>Rotary: positions divided by the factor.</summary>
    Linear,

    /// <summary>Rotary: a larger base.</summary>
    Ntk,

    /// <summary>Rotary: a ramp between kept and divided frequencies, and an attention factor.</summary>
    Yarn,

    /// <summary>Rotary: frequencies by their wavelength, as Llama 3.1 was trained.</summary>
    Llama3,

    /// <summary>Sinusoidal: new rows by the formula, old rows unchanged.</summary>
    Recompute,

    /// <summary>Learned: old rows unchanged, new rows read between those of the stretched table.</summary>
    Copy,

    /// <summary>Learned: all rows read between those of the stretched table.</summary>
    Interpolation,
}

/// <summary>Which methods fit which models.</summary>
public static class PositionMethods
{
    /// <summary>The methods that fit a decoder, the default first.</summary>
    public static IReadOnlyList<PositionMethod> Of(DecoderConfig config) =>
        config.RotaryScaling switch
        {
            // YaRN and Llama 3's scaling judge frequencies by the window of the first training. A model that was trained
            // with a scaling has been told already which frequencies to keep, so only that one is carried on.
            YarnScaling => [PositionMethod.Yarn, PositionMethod.Ntk, PositionMethod.Linear],
            Llama3Scaling => [PositionMethod.Llama3, PositionMethod.Ntk, PositionMethod.Linear],
            LinearScaling => [PositionMethod.Linear, PositionMethod.Ntk],
            var scaling when scaling == RotaryScaling.None =>
            [
                PositionMethod.Yarn,
                PositionMethod.Ntk,
                PositionMethod.Llama3,
                PositionMethod.Linear,
            ],
            _ => [PositionMethod.Ntk, PositionMethod.Linear],
        };

    /// <summary>The methods that fit a table of absolute positions, the default first.</summary>
    public static IReadOnlyList<PositionMethod> Of(PositionKind table) =>
        table == PositionKind.Sinusoidal
            ? [PositionMethod.Recompute]
            : [PositionMethod.Copy, PositionMethod.Interpolation];

    /// <summary>The name of a method, as users write it.</summary>
    public static string Name(this PositionMethod method) => method.ToString().ToLowerInvariant();
}
