using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// Infini-attention (Munkhdalai et al., arXiv 2404.07143, figure 1) over all segments of a sequence at once: causal
/// attention inside each segment, a read of what the compressive memory holds of those before it, and a gate for each
/// head between the two. Query heads of a KV head share its compressive memory.
/// </summary>
internal sealed class InfiniAttention : nn.Module
{
    /// <summary>A finite beta whose sigmoid is 0 in fp32: files hold finite numbers only.</summary>
    private const float Closed = -1000;

    private readonly DecoderConfig _config;
    private readonly int _window;
    private readonly DifferentiableMemory _memory;
    private readonly RotaryEmbedding _rotary;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;
    private readonly Parameter _betas; // [heads]
    private bool _isAdapted = true;

    public InfiniAttention(
        DecoderConfig config,
        int layer,
        UpdateRule rule,
        RotaryEmbedding rotary,
        IReadOnlyDictionary<AttentionProjection, nn.Module<Tensor, Tensor>> projections,
        (RmsNorm? Query, RmsNorm? Key) norms,
        float[]? betas
    )
        : base(nameof(InfiniAttention))
    {
        (_config, _rotary, _memory) = (config, rotary, new DifferentiableMemory(rule));
        _window = config.WindowOf(layer);
        (_queryNorm, _keyNorm) = norms;
        HasMemory = betas is not null;
        _betas = new Parameter(betas is null ? full(config.HeadCount, Closed) : tensor(betas));
        Projections = projections;
        foreach (var (kind, projection) in projections)
        {
            register_module(kind.ToString(), projection);
        }

        register_parameter("betas", _betas);
    }

    /// <summary>
    /// Whether gates and LoRA adapters are applied; otherwise every segment is read by itself, as without an adapter.
    /// </summary>
    public bool IsAdapted
    {
        get => _isAdapted;
        set
        {
            _isAdapted = value;
            foreach (var (_, adapter) in Adapters)
            {
                adapter.IsAdapted = value;
            }
        }
    }

    /// <summary>Whether there is a compressive memory; otherwise every segment is read by itself.</summary>
    public bool HasMemory { get; }

    /// <summary>W_q, W_k, W_v and W_o.</summary>
    public IReadOnlyDictionary<AttentionProjection, nn.Module<Tensor, Tensor>> Projections { get; }

    /// <summary>Those of the projections that have a LoRA adapter.</summary>
    public IEnumerable<(AttentionProjection Kind, LoraLinear Adapter)> Adapters =>
        Projections
            .Where(projection => projection.Value is LoraLinear)
            .Select(projection => (projection.Key, (LoraLinear)projection.Value));

    /// <summary>beta of each head; as good as minus infinity where there is no compressive memory.</summary>
    public Parameter Betas => _betas;

    /// <summary>Attends.</summary>
    /// <param name="x">[batch, segments, tokens, hidden].</param>
    /// <param name="before">The earlier content of the compressive memory; null: nothing.</param>
    /// <param name="weights">[batch, segments], as <see cref="DifferentiableMemory.Write"/> takes them.</param>
    /// <returns>
    /// [batch, segments, tokens, hidden], and the compressive memory's content after the last segment, where there is one.
    /// </returns>
    public (Tensor Output, MemoryState? After) Forward(Tensor x, MemoryState? before, Tensor? weights)
    {
        MemoryState? after = null;
        var output = Forward(
            x,
            (queries, keys, values) =>
            {
                var local = AttendLocally(queries, keys, values);
                if (!HasMemory || !_isAdapted)
                {
                    return local;
                }

                var (matrices, normalizers) = _memory.Write(keys, values, before, weights);
                after = new MemoryState(matrices.select(1, x.shape[1]), normalizers.select(1, x.shape[1]));
                return MixInMemory(local, queries, matrices, normalizers, isFirstKnown: before is not null);
            }
        );
        return (output, after);
    }

    /// <summary>Projects, lets the heads attend, and projects back.</summary>
    /// <param name="x">[batch, segments, tokens, hidden].</param>
    /// <param name="attend">
    /// Is given queries [batch, segments, heads, tokens, headDim], keys and values [batch, segments, KV heads, tokens,
    /// headDim], not rotated; returns what the heads attend to in the shape of the queries.
    /// </param>
    public Tensor Forward(Tensor x, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        var attended = attend(
            Heads(AttentionProjection.Query, _config.HeadCount, _queryNorm),
            Heads(AttentionProjection.Key, _config.KeyValueHeadCount, _keyNorm),
            Heads(AttentionProjection.Value, _config.KeyValueHeadCount, norm: null)
        );
        return Projections[AttentionProjection.Output]
            .forward(attended.transpose(2, 3).reshape([.. x.shape[..3], _config.QuerySize]));

        Tensor Heads(AttentionProjection kind, int heads, RmsNorm? norm)
        {
            var projected = Projections[kind].call(x).reshape([.. x.shape[..3], heads, _config.HeadDim]);
            return (norm?.forward(projected) ?? projected).transpose(2, 3);
        }
    }

    /// <summary>softmax(scale Q K^T + causal mask) V inside each segment, queries and keys rotated.</summary>
    public Tensor AttendLocally(Tensor queries, Tensor keys, Tensor values)
    {
        // The library divides by the root of the width; an architecture may scale otherwise.
        var scale = _config.ScoreScale * Math.Sqrt(_config.HeadDim);
        var rotated = _rotary.forward(queries);
        return nn
            .functional.scaled_dot_product_attention(
                Flat(Math.Abs(scale - 1) < 1e-6 ? rotated : rotated * scale),
                Flat(Repeat(_rotary.forward(keys))),
                Flat(Repeat(values)),
                attn_mask: _window < queries.shape[^2] ? Seen(queries.shape[^2]) : null,
                is_casual: !(_window < queries.shape[^2])
            )
            .reshape(queries.shape);

        static Tensor Flat(Tensor x) => x.flatten(0, 1);
    }

    /// <summary>
    /// [tokens, tokens]: which tokens each one sees where the model's own window is shorter than a segment.
    /// </summary>
    private Tensor Seen(long tokens)
    {
        var all = ones(tokens, tokens, ScalarType.Bool);
        return all.tril().logical_and(all.triu(1 - _window));
    }

    /// <summary>
    /// sigmoid(beta) A_mem + (1 - sigmoid(beta)) A_local, in every segment before which something was written.
    /// </summary>
    private Tensor MixInMemory(Tensor local, Tensor queries, Tensor matrices, Tensor normalizers, bool isFirstKnown)
    {
        var (first, count) = isFirstKnown ? (0, local.shape[1]) : (1, local.shape[1] - 1);
        if (count == 0)
        {
            return local;
        }

        var grouped = queries.narrow(1, first, count).unflatten(2, [_config.KeyValueHeadCount, -1]);
        var recalled = DifferentiableMemory
            .Read(
                grouped,
                matrices.narrow(1, first, count).unsqueeze(3),
                normalizers.narrow(1, first, count).unsqueeze(3)
            )
            .flatten(2, 3);
        var gate = _betas.sigmoid().reshape(-1, 1, 1);
        var mixed = (gate * recalled) + ((1 - gate) * local.narrow(1, first, count));
        return first == 0 ? mixed : cat([local.narrow(1, 0, 1), mixed], dim: 1);
    }

    /// <summary>Keys or values of a group for each of its query heads, which follow each other.</summary>
    private Tensor Repeat(Tensor heads) =>
        _config.HeadCount == _config.KeyValueHeadCount
            ? heads
            : heads.repeat_interleave(_config.HeadCount / _config.KeyValueHeadCount, dim: 2);
}
