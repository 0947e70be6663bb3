using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama.Checkpoints;
using McpLongContext.Inference.Llama.Packed;
using McpLongContext.Inference.Llama.Positions;

namespace McpLongContext.Inference.Llama;

/// <summary>
/// A decoder of the Llama family: configuration and weights, which all sequences share. Immutable and thread-safe; each
/// sequence takes a <see cref="LlamaRun"/> of its own.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private LlamaModel(LlamaConfig config, LlamaWeights weights)
    {
        Config = config;
        Weights = weights;
    }

    /// <summary>Dimensions and switches.</summary>
    public LlamaConfig Config { get; }

    /// <summary>What the checkpoint says that nothing was done with, a sentence each.</summary>
    public IReadOnlyList<string> Warnings => Weights.Warnings;

    internal LlamaWeights Weights { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="path">
    /// A GGUF file, a llama2.c file (<c>.bin</c>), or a folder with one of them or with <c>config.json</c> and safetensors.
    /// </param>
    /// <param name="precision">The arithmetic of the linear layers.</param>
    /// <param name="threads">Threads that pack the weights; null: one a processor.</param>
    /// <param name="cache">
    /// Where weights in int8 are kept for the next time, if that can be; null: nowhere. Those of fp32 are packed each time.
    /// </param>
    /// <exception cref="CheckpointException">There is no model, it is damaged or not supported.</exception>
    public static LlamaModel Load(
        string path,
        Precision precision = Precision.Int8,
        int? threads = null,
        WeightCache? cache = null
    )
    {
        var checkpoint = LlamaCheckpoint.Open(path);
        using var team = new WorkerTeam(threads ?? Environment.ProcessorCount);
        return new LlamaModel(checkpoint.Config, LlamaWeights.Load(checkpoint, precision, team, cache));
    }

    /// <summary>
    /// The same model with other positions. The weights are shared: they live until one of the two is disposed.
    /// </summary>
    /// <param name="length">The window, in tokens.</param>
    /// <param name="scaling">The scaling of the rotary frequencies.</param>
    public LlamaModel WithPositions(int length, RotaryScaling scaling) =>
        new(Config with { ContextLength = length, RotaryScaling = scaling }, Weights);

    /// <summary>
    /// The same model with low-rank changes of its attention. The weights are shared: they live until one of the two is
    /// disposed.
    /// </summary>
    /// <param name="changes">At most one for each projection of each layer.</param>
    /// <exception cref="ArgumentException">A change does not fit the model's dimensions.</exception>
    public LlamaModel WithChanges(IReadOnlyList<LowRankChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return new LlamaModel(Config, Weights.With(changes));
    }

    /// <summary>Begins a sequence with the attention that the model was trained with.</summary>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public LlamaRun CreateRun(int? threads = null) => CreateRun(new CausalAttention(Config), threads);

    /// <summary>Begins a sequence.</summary>
    /// <param name="attention">How its tokens read each other; of this sequence only.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public LlamaRun CreateRun(IAttention attention, int? threads = null) =>
        new(this, attention, threads ?? Environment.ProcessorCount);

    /// <summary>Begins a sequence that ends at a layer, for what attention is given there.</summary>
    /// <param name="attention">How its tokens read each other; of this sequence only.</param>
    /// <param name="lastLayer">The layer, from 0; see <see cref="LlamaRun.LastLayer"/>.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public LlamaRun CreateRun(IAttention attention, int lastLayer, int? threads) =>
        new(this, attention, threads ?? Environment.ProcessorCount, lastLayer);

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();
}
