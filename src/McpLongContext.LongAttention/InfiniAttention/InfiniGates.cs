using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>
/// How much of each query head's attention comes from compressive memory: sigmoid(beta), 0 to 1. Immutable.
/// </summary>
public sealed class InfiniGates
{
    private readonly int _heads;
    private readonly float[] _gates; // [layers, heads]

    private InfiniGates(int heads, float[] gates) => (_heads, _gates) = (heads, gates);

    /// <summary>Gates that let nothing through: the model attends as if it had no compressive memory.</summary>
    /// <param name="config">The model's configuration.</param>
    public static InfiniGates Closed(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new InfiniGates(config.HeadCount, new float[config.LayerCount * config.HeadCount]);
    }

    /// <summary>Gates as they were trained.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="betas">[layers, heads], any number or an infinity: minus infinity closes a gate entirely.</param>
    /// <exception cref="ArgumentException">There are more or fewer, or one is no number.</exception>
    public static InfiniGates FromBetas(DecoderConfig config, ReadOnlySpan<float> betas)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (betas.Length != config.LayerCount * config.HeadCount)
        {
            throw new ArgumentException(
                $"{betas.Length} gates found, expected {config.HeadCount} in each of {config.LayerCount} layers.",
                nameof(betas)
            );
        }

        var gates = new float[betas.Length];
        for (var i = 0; i < gates.Length; i++)
        {
            gates[i] = float.IsNaN(betas[i])
                ? throw new ArgumentException(
                    $"the gate of layer {i / config.HeadCount}, head {i % config.HeadCount} is no number.",
                    nameof(betas)
                )
                : 1 / (1 + MathF.Exp(-betas[i]));
        }

        return new InfiniGates(config.HeadCount, gates);
    }

    /// <summary>Whether all gates of all layers are closed.</summary>
    public bool AreClosed => !_gates.AsSpan().ContainsAnyExcept(0f);

    /// <summary>The gates of a layer's query heads.</summary>
    /// <param name="layer">From 0.</param>
    public ReadOnlySpan<float> Of(int layer) => _gates.AsSpan(layer * _heads, _heads);
}
