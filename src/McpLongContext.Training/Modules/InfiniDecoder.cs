using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// A decoder of the Llama family whose attention is <see cref="InfiniAttention"/>. Trained are the gates and the LoRA
/// adapters of q, k, v and o; everything else is frozen.
/// </summary>
internal sealed class InfiniDecoder : nn.Module
{
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly RmsNorm _outputNorm;
    private readonly FrozenLinear _output;

    private InfiniDecoder(
        DecoderConfig config,
        Tensor embedding,
        IReadOnlyList<DecoderLayer> layers,
        RmsNorm outputNorm,
        FrozenLinear output
    )
        : base(nameof(InfiniDecoder))
    {
        (Config, _embedding, Layers, _outputNorm, _output) = (config, embedding, layers, outputNorm, output);
        register_buffer("embedding", embedding);
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
    public IReadOnlyList<Parameter> Gates => [.. Layers.Select(layer => layer.Attention.Betas)];

    /// <summary>A and B of all LoRA adapters.</summary>
    public IReadOnlyList<Parameter> Changes =>
        [.. Layers.SelectMany(layer => layer.Attention.Projections.Values).SelectMany(one => one.parameters())];

    /// <summary>Reads a model and adds closed changes and gates to it.</summary>
    /// <param name="path">As <see cref="Decoder.Load"/> takes it.</param>
    /// <param name="settings">The shape and start of the LoRA adapters and gates.</param>
    /// <exception cref="Inference.Checkpoints.CheckpointException">There is no model, or none that is
    /// supported.</exception>
    public static InfiniDecoder Load(string path, AdapterSettings settings)
    {
        using var parameters = DecoderParameters.Open(path);
        var config = parameters.Config;
        var rotary = new RotaryEmbedding(config, config.ContextLength);
        using var generator = new Generator((ulong)settings.Seed);
        var layers = new List<DecoderLayer>();
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            layers.Add(ReadLayer(parameters, layer, rotary, settings, generator));
        }

        var embedding = parameters.ReadMatrix(TensorKind.Embedding);
        return new InfiniDecoder(
            config,
            tensor(embedding.Values, [embedding.Outputs, embedding.Inputs]),
            layers,
            Norm(parameters, TensorKind.OutputNorm, 0)!,
            new FrozenLinear(parameters.ReadMatrix(TensorKind.Output), [], settings.IsHalf)
        );
    }

    /// <summary>Reads successive segments.</summary>
    /// <param name="tokens">[batch, segments, tokens], int64.</param>
    /// <param name="before">The compressive memories of all layers; null: they are empty.</param>
    /// <param name="weights">[batch, segments], as <see cref="DifferentiableMemory.Write"/> takes them; null:
    /// 1.</param>
    /// <param name="onlyLast">Whether the states of the last segment are enough.</param>
    /// <returns>[batch, segments or 1, tokens, hidden], and the compressive memories after the last segment.</returns>
    public (Tensor Embeddings, IReadOnlyList<MemoryState> After) Read(
        Tensor tokens,
        IReadOnlyList<MemoryState>? before = null,
        Tensor? weights = null,
        bool onlyLast = false
    )
    {
        var states = _embedding.index_select(0, tokens.flatten()).reshape([.. tokens.shape, Config.HiddenSize]);
        if (Config.EmbeddingScale != 1)
        {
            states *= Config.EmbeddingScale;
        }

        var after = new List<MemoryState>();
        for (var layer = 0; layer < Layers.Count; layer++)
        {
            (states, var memory) = Layers[layer].Attend(states, before?[layer], weights);
            after.Add(memory);
            if (onlyLast && layer == Layers.Count - 1)
            {
                states = states.narrow(1, states.shape[1] - 1, 1);
            }

            states = Layers[layer].Feed(states);
        }

        return (states, after);
    }

    /// <summary>The scores of every token to come next.</summary>
    /// <param name="states">[..., hidden] from <see cref="Read"/>.</param>
    public Tensor Logits(Tensor states)
    {
        var logits = _output.forward(_outputNorm.forward(states));
        return Config.LogitDivisor == 1 ? logits : logits / Config.LogitDivisor;
    }

    /// <summary>Closes or opens the way to the compressive memory, whatever the gates are.</summary>
    public void ReadMemory(bool reads)
    {
        foreach (var layer in Layers)
        {
            layer.Attention.ReadsMemory = reads;
        }
    }

    private static DecoderLayer ReadLayer(
        DecoderParameters parameters,
        int layer,
        RotaryEmbedding rotary,
        AdapterSettings settings,
        Generator generator
    )
    {
        var config = parameters.Config;
        var projections = new Dictionary<AttentionProjection, LoraLinear>
        {
            [AttentionProjection.Query] = Adapted(TensorKind.Query, TensorKind.QueryBias),
            [AttentionProjection.Key] = Adapted(TensorKind.Key, TensorKind.KeyBias),
            [AttentionProjection.Value] = Adapted(TensorKind.Value, TensorKind.ValueBias),
            [AttentionProjection.Output] = Adapted(TensorKind.AttentionOutput, TensorKind.AttentionOutputBias),
        };
        var norms = (Norm(parameters, TensorKind.QueryNorm, layer), Norm(parameters, TensorKind.KeyNorm, layer));
        return new DecoderLayer(
            Norm(parameters, TensorKind.AttentionNorm, layer)!,
            new InfiniAttention(
                config,
                layer,
                settings.Rule,
                rotary,
                projections,
                norms,
                settings.StartingBetas(config)
            ),
            Norm(parameters, TensorKind.FeedForwardNorm, layer)!,
            new FeedForward(
                Frozen(TensorKind.Gate, parameters.ReadVector(TensorKind.GateBias, layer)),
                Frozen(TensorKind.Up, parameters.ReadVector(TensorKind.UpBias, layer)),
                Frozen(TensorKind.Down, parameters.ReadVector(TensorKind.DownBias, layer))
            ),
            config.ResidualScale
        );

        FrozenLinear Frozen(TensorKind kind, float[]? bias = null) =>
            new(parameters.ReadMatrix(kind, layer), bias ?? [], settings.IsHalf);

        LoraLinear Adapted(TensorKind kind, TensorKind bias) =>
            new(Frozen(kind, parameters.ReadVector(bias, layer)), settings.Rank, settings.Alpha, generator);
    }

    private static RmsNorm? Norm(DecoderParameters parameters, TensorKind kind, int layer) =>
        parameters.ReadVector(kind, layer) is { Length: > 0 } gamma
            ? new RmsNorm(gamma, parameters.Config.RmsNormEpsilon)
            : null;
}
