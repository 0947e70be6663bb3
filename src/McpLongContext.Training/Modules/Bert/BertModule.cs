using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Bert;

/// <summary>
/// An encoder (BERT, Devlin et al., arXiv 1810.04805) whose weights are frozen. Trained are the LoRA adapters of its
/// linear layers, and perhaps a projection of its hidden states to embeddings.
/// </summary>
internal sealed class BertModule : nn.Module
{
    private readonly Tensor _words; // [vocabulary, hidden]
    private readonly Tensor _positions; // [positions, hidden], with the embedding of the only type in use added
    private readonly LayerNorm _norm;
    private readonly IReadOnlyList<BertModuleLayer> _layers;
    private readonly Parameter? _projection; // [dimensions, hidden]

    private BertModule(
        BertConfig config,
        Tensor words,
        Tensor positions,
        LayerNorm norm,
        IReadOnlyList<BertModuleLayer> layers,
        Parameter? projection
    )
        : base(nameof(BertModule))
    {
        (Config, _words, _positions, _norm, _layers) = (config, words, positions, norm, layers);
        _projection = projection;
        register_buffer("words", words);
        register_buffer("positions", positions);
        register_module("norm", norm);
        for (var i = 0; i < layers.Count; i++)
        {
            register_module($"layers_{i}", layers[i]);
        }

        if (projection is not null)
        {
            register_parameter("projection", projection);
        }
    }

    public BertConfig Config { get; }

    /// <summary>A and B of all LoRA adapters, and the projection.</summary>
    public IReadOnlyList<Parameter> Changes =>
        [
            .. _layers
                .SelectMany(layer => layer.Linears.OrderBy(one => one.Key))
                .SelectMany(one => one.Value.parameters()),
            .. _projection is null ? [] : (Parameter[])[_projection],
        ];

    /// <summary>Reads an encoder and adds an adapter to it, at which nothing is changed yet.</summary>
    /// <param name="folder">As <see cref="BertEncoder.Load"/> takes it.</param>
    /// <param name="settings">The shape and start of the adapter.</param>
    /// <exception cref="CheckpointException">There is no encoder, or none that is supported.</exception>
    public static BertModule Load(string folder, BertModuleSettings settings)
    {
        var config = BertConfig.Load(Path.Combine(folder, BertConfig.FileName));
        using var file = SafetensorsFile.Open(BertEncoder.FindCheckpoint(folder));
        using var generator = new Generator((ulong)settings.Seed);
        var weights = new BertModuleWeights(file, config, settings, generator);
        return new BertModule(
            config,
            weights.Table("word_embeddings", config.VocabularySize),
            weights.Table("position_embeddings", config.MaxPositions)
                + weights.Table("token_type_embeddings", config.TypeCount)[0],
            weights.Norm("embeddings.LayerNorm"),
            [.. Enumerable.Range(0, config.LayerCount).Select(weights.Layer)],
            settings.Dimensions is { } dimensions ? new Parameter(eye(dimensions, config.HiddenSize)) : null
        );
    }

    /// <summary>Computes hidden states.</summary>
    /// <param name="tokens">[batch, tokens], int64, each sequence with its [CLS] and [SEP].</param>
    /// <param name="isToken">[batch, tokens]: false for what fills a shorter sequence up.</param>
    /// <returns>[batch, tokens, hidden].</returns>
    public Tensor States(Tensor tokens, Tensor isToken)
    {
        var mask = zeros(isToken.shape).masked_fill(isToken.logical_not(), float.NegativeInfinity);
        mask = mask.reshape(tokens.shape[0], 1, 1, tokens.shape[1]);
        var words = _words.index_select(0, tokens.flatten()).reshape([.. tokens.shape, Config.HiddenSize]);
        var states = _norm.forward(words + _positions.narrow(0, 0, tokens.shape[1]));
        foreach (var layer in _layers)
        {
            states = layer.Forward(states, mask);
        }

        return states;
    }

    /// <summary>Computes hidden states without the adapter and without gradients.</summary>
    /// <inheritdoc cref="States"/>
    public Tensor PlainStates(Tensor tokens, Tensor isToken)
    {
        using var frozen = no_grad();
        SetAdapted(false);
        try
        {
            return States(tokens, isToken);
        }
        finally
        {
            SetAdapted(true);
        }
    }

    /// <summary>The embeddings of hidden states.</summary>
    /// <param name="states">[..., hidden].</param>
    /// <returns>[..., dimensions].</returns>
    public Tensor Project(Tensor states) => _projection is null ? states : nn.functional.linear(states, _projection);

    /// <summary>
    /// Begins the projection at the directions in which hidden states vary most, which keeps most of their products
    /// (the eigenvectors of the greatest eigenvalues of X^T X). Does nothing without a projection.
    /// </summary>
    /// <param name="states">X [tokens, hidden], of unit length.</param>
    public void BeginProjection(Tensor states)
    {
        if (_projection is null)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        // In ascending order of the eigenvalues.
        var (_, vectors) = linalg.eigh(states.transpose(0, 1).matmul(states));
        var count = _projection.shape[0];
        _projection.copy_(vectors.narrow(1, Config.HiddenSize - count, count).transpose(0, 1));
    }

    /// <summary>The LoRA adapters as the engine takes them.</summary>
    public IReadOnlyList<EncoderChange> ExportChanges() =>
        [
            .. _layers.SelectMany(
                (layer, index) =>
                    layer
                        .Linears.OrderBy(one => one.Key)
                        .Select(one =>
                        {
                            var (rank, down, up) = one.Value.Read();
                            return new EncoderChange(index, one.Key, rank, down, up);
                        })
            ),
        ];

    /// <summary>[dimensions, hidden]; empty where there is none.</summary>
    public float[] ExportProjection() => _projection?.detach().data<float>().ToArray() ?? [];

    private void SetAdapted(bool isAdapted)
    {
        foreach (var linear in _layers.SelectMany(layer => layer.Linears.Values))
        {
            linear.IsAdapted = isAdapted;
        }
    }
}
