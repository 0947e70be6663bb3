using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>x + attention(norm(x)), then x + feed-forward(norm(x)).</summary>
internal sealed class DecoderLayer : nn.Module
{
    private readonly RmsNorm _attentionNorm;
    private readonly RmsNorm _feedForwardNorm;
    private readonly FeedForward _feedForward;
    private readonly double _residualScale;

    public DecoderLayer(
        RmsNorm attentionNorm,
        InfiniAttention attention,
        RmsNorm feedForwardNorm,
        FeedForward feedForward,
        double residualScale
    )
        : base(nameof(DecoderLayer))
    {
        (_attentionNorm, Attention, _feedForwardNorm, _feedForward) = (
            attentionNorm,
            attention,
            feedForwardNorm,
            feedForward
        );
        _residualScale = residualScale;
        register_module("attention_norm", attentionNorm);
        register_module("attention", attention);
        register_module("feed_forward_norm", feedForwardNorm);
        register_module("feed_forward", feedForward);
    }

    public InfiniAttention Attention { get; }

    /// <summary>The first half, which reads and writes the compressive memory.</summary>
    /// <inheritdoc cref="InfiniAttention.Forward(Tensor, MemoryState, Tensor)"/>
    public (Tensor Output, MemoryState? After) Attend(Tensor x, MemoryState? before, Tensor? weights)
    {
        var (attended, after) = Attention.Forward(_attentionNorm.forward(x), before, weights);
        return (x + (attended * _residualScale), after);
    }

    /// <summary>The first half with attention of another kind.</summary>
    /// <inheritdoc cref="InfiniAttention.Forward(Tensor, Func{Tensor, Tensor, Tensor, Tensor})"/>
    public Tensor Attend(Tensor x, Func<Tensor, Tensor, Tensor, Tensor> attend) =>
        x + (Attention.Forward(_attentionNorm.forward(x), attend) * _residualScale);

    /// <summary>The second half, token by token.</summary>
    /// <param name="x">[..., hidden].</param>
    public Tensor Feed(Tensor x) => x + (_feedForward.forward(_feedForwardNorm.forward(x)) * _residualScale);
}
