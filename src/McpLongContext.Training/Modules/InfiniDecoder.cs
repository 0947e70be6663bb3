using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// A decoder of the Llama family whose attention is <see cref="InfiniAttention"/>. Trained are the gates and either the
/// LoRA adapters of q, k, v and o, everything else being frozen, or all weights.
/// </summary>
internal sealed class InfiniDecoder : nn.Module
{
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly RmsNorm _outputNorm;
    private readonly nn.Module<Tensor, Tensor> _output;
    private readonly DecoderParameters? _checkpoint;

    private InfiniDecoder(
        DecoderConfig config,
        Tensor embedding,
        IReadOnlyList<DecoderLayer> layers,
        RmsNorm outputNorm,
        nn.Module<Tensor, Tensor> output,
        IReadOnlyDictionary<(TensorKind Kind, int Layer), Parameter> weights,
        DecoderParameters? parameters
    )
        : base(nameof(InfiniDecoder))
    {
        _checkpoint = parameters;
        (Config, _embedding, Layers, _outputNorm, _output) = (config, embedding, layers, outputNorm, output);
        Weights = weights;
        if (embedding is Parameter trained)
        {
            register_parameter("embedding", trained);
        }
        else
        {
            register_buffer("embedding", embedding);
        }

        for (var i = 0; i < layers.Count; i++)
        {
            register_module($"layers_{i}", layers[i]);
        }

        register_module("output_norm", outputNorm);
        register_module("output", output);
    }

    public DecoderConfig Config { get; }

    public IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>The betas of all layers, which have a learning rate of their own.</summary>
    public IReadOnlyList<Parameter> Gates =>
        [.. Layers.Where(layer => layer.Attention.HasMemory).Select(layer => layer.Attention.Betas)];

    /// <summary>A and B of all LoRA adapters.</summary>
    public IReadOnlyList<Parameter> Changes =>
        [.. Layers.SelectMany(layer => layer.Attention.Adapters).SelectMany(one => one.Adapter.parameters())];

    /// <summary>The weights that are trained, as a checkpoint names them; none where only an adapter is.</summary>
    public IReadOnlyDictionary<(TensorKind Kind, int Layer), Parameter> Weights { get; }

    /// <summary>Reads a model and adds an adapter to it, which alone is trained.</summary>
    /// <param name="path">As <see cref="Decoder.Load"/> takes it.</param>
    /// <param name="settings">The shape and start of the LoRA adapters and gates.</param>
    /// <exception cref="Inference.Checkpoints.CheckpointException">There is no model, or none that is
    /// supported.</exception>
    public static InfiniDecoder Load(string path, AdapterSettings settings) => Load(path, settings, isWhole: false);

    /// <summary>Reads a model, all of whose weights are trained, and the gates.</summary>
    /// <inheritdoc cref="Load(string, AdapterSettings)"/>
    public static InfiniDecoder LoadWhole(string path, AdapterSettings settings) => Load(path, settings, isWhole: true);

    /// <summary>Reads successive segments.</summary>
    /// <param name="tokens">[batch, segments, tokens], int64.</param>
    /// <param name="before">The compressive memories of all layers; null: they are empty.</param>
    /// <param name="weights">[batch, segments], as <see cref="DifferentiableMemory.Write"/> takes them; null:
    /// 1.</param>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    /// <returns>[batch, segments, tokens, hidden], and the compressive memories after the last segment.</returns>
    public (Tensor States, IReadOnlyList<MemoryState?> After) Read(
        Tensor tokens,
        IReadOnlyList<MemoryState?>? before = null,
        Tensor? weights = null,
        CancellationToken cancellation = default
    )
    {
        var states = Embed(tokens);
        var after = new List<MemoryState?>();
        for (var layer = 0; layer < Layers.Count; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            (states, var memory) = ReadLayer(layer, states, before?[layer], weights);
            after.Add(memory);
        }

        return (states, after);
    }

    /// <summary>The embeddings of tokens.</summary>
    /// <param name="tokens">[..., tokens], int64.</param>
    /// <returns>[..., tokens, hidden].</returns>
    public Tensor Embed(Tensor tokens)
    {
        var states = _embedding.index_select(0, tokens.flatten()).reshape([.. tokens.shape, Config.HiddenSize]);
        return Config.EmbeddingScale == 1 ? states : states * Config.EmbeddingScale;
    }

    /// <summary>Applies one layer. What it computes in between is freed, but for what gradients need.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="states">[batch, segments, tokens, hidden].</param>
    /// <param name="before">The layer's compressive memory; null: it is empty.</param>
    /// <param name="weights">[batch, segments], as <see cref="DifferentiableMemory.Write"/> takes them.</param>
    public (Tensor States, MemoryState? After) ReadLayer(int layer, Tensor states, MemoryState? before, Tensor? weights)
    {
        using var scope = NewDisposeScope();
        var (attended, after) = Layers[layer].Attend(states, before, weights);
        var read = Layers[layer].Feed(attended);
        after?.Matrix.MoveToOuterDisposeScope();
        after?.Normalizer.MoveToOuterDisposeScope();
        return (read.MoveToOuterDisposeScope(), after);
    }

    /// <summary>The scores of every token to come next.</summary>
    /// <param name="states">[..., hidden] from <see cref="Read"/>.</param>
    public Tensor Logits(Tensor states)
    {
        var logits = _output.forward(_outputNorm.forward(states));
        return Config.LogitDivisor == 1 ? logits : logits / Config.LogitDivisor;
    }

    /// <summary>
    /// Reads every segment by itself, without gates, LoRA adapters and gradients: as the model does without an adapter.
    /// </summary>
    /// <param name="tokens">[batch, segments, tokens], int64.</param>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    /// <returns>[batch, segments, tokens, hidden].</returns>
    public Tensor ReadPlain(Tensor tokens, CancellationToken cancellation = default)
    {
        using var frozen = no_grad();
        SetAdapted(false);
        try
        {
            return Read(tokens, cancellation: cancellation).States;
        }
        finally
        {
            SetAdapted(true);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _checkpoint?.Dispose();
        }
    }

    private void SetAdapted(bool isAdapted)
    {
        foreach (var layer in Layers)
        {
            layer.Attention.IsAdapted = isAdapted;
        }
    }

    private static InfiniDecoder Load(string path, AdapterSettings settings, bool isWhole)
    {
        var parameters = DecoderParameters.Open(path);
        var isKept = false;
        try
        {
            var config = parameters.Config;
            var rotary = new RotaryEmbedding(config, config.ContextLength);
            using var generator = new Generator((ulong)settings.Seed);
            var modules = new DecoderModules(parameters, settings, isWhole, generator);
            var model = new InfiniDecoder(
                config,
                modules.Embedding(),
                [.. Enumerable.Range(0, config.LayerCount).Select(layer => modules.Layer(layer, rotary))],
                modules.Norm(TensorKind.OutputNorm, 0)!,
                modules.Output(),
                modules.Weights,
                settings.IsByLayer ? parameters : null
            );
            isKept = settings.IsByLayer;
            return model;
        }
        finally
        {
            if (!isKept)
            {
                parameters.Dispose();
            }
        }
    }
}
