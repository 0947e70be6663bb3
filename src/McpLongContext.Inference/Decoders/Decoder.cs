using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// A decoder of the Llama family: configuration and weights, which all sequences share. Immutable and thread-safe; each
/// sequence takes a <see cref="DecoderSession"/> of its own.
/// </summary>
public sealed class Decoder : IDisposable
{
    private Decoder(DecoderConfig config, DecoderWeights weights)
    {
        Config = config;
        Weights = weights;
    }

    /// <summary>Dimensions and switches.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The settings of the checkpoint that were ignored, a sentence each.</summary>
    public IReadOnlyList<string> Warnings => Weights.Warnings;

    internal DecoderWeights Weights { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="path">
    /// A GGUF file, a llama2.c file (<c>.bin</c>), or a folder with one of them or with <c>config.json</c> and
    /// safetensors.
    /// </param>
    /// <param name="precision">The arithmetic of the linear layers.</param>
    /// <param name="threads">Threads that pack the weights; null: one a processor.</param>
    /// <param name="cache">
    /// Where weights in int8 are kept for the next time, if that can be; null: nowhere. Those of fp32 are packed each
    /// time.
    /// </param>
    /// <exception cref="CheckpointException">There is no model, it is damaged or not supported.</exception>
    public static Decoder Load(
        string path,
        Precision precision = Precision.Int8,
        int? threads = null,
        WeightCache? cache = null
    )
    {
        var checkpoint = DecoderCheckpoint.Open(path);
        using var threadPool = new ComputeThreadPool(threads ?? Environment.ProcessorCount);
        return new Decoder(checkpoint.Config, DecoderWeights.Load(checkpoint, precision, threadPool, cache));
    }

    /// <summary>
    /// The same model with other positions. The weights are shared: they live until one of the two is disposed.
    /// </summary>
    /// <param name="length">The window, in tokens.</param>
    /// <param name="scaling">The scaling of the rotary frequencies.</param>
    public Decoder WithPositions(int length, RotaryScaling scaling) =>
        new(Config with { ContextLength = length, RotaryScaling = scaling }, Weights);

    /// <summary>
    /// The same model with LoRA adapters of its attention. The weights are shared: they live until one of the two is
    /// disposed.
    /// </summary>
    /// <param name="changes">At most one for each projection of each layer.</param>
    /// <exception cref="ArgumentException">A change does not fit the model's dimensions.</exception>
    public Decoder WithLora(IReadOnlyList<LoraAdapter> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return new Decoder(Config, Weights.With(changes));
    }

    /// <summary>Begins a sequence with the attention that the model was trained with.</summary>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public DecoderSession CreateSession(int? threads = null) => CreateSession(new CausalAttention(Config), threads);

    /// <summary>Begins a sequence.</summary>
    /// <param name="attention">How its tokens read each other; of this sequence only.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public DecoderSession CreateSession(IAttention attention, int? threads = null) =>
        new(this, attention, threads ?? Environment.ProcessorCount);

    /// <summary>Begins a sequence that ends at a layer, for what attention is given there.</summary>
    /// <param name="attention">How its tokens read each other; of this sequence only.</param>
    /// <param name="lastLayer">The layer, from 0; see <see cref="DecoderSession.LastLayer"/>.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public DecoderSession CreateSession(IAttention attention, int lastLayer, int? threads) =>
        new(this, attention, threads ?? Environment.ProcessorCount, lastLayer);

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();
}
