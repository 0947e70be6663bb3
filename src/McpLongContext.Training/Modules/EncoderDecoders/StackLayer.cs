using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>A layer: self-attention, in a decoder cross-attention, and a feed-forward network.</summary>
internal sealed class StackLayer : nn.Module
{
    private readonly Sublayer<HeadAttention> _self;
    private readonly Sublayer<HeadAttention>? _cross;
    private readonly Sublayer<FeedForwardNetwork> _feedForward;

    public StackLayer(
        Sublayer<HeadAttention> self,
        Sublayer<HeadAttention>? cross,
        Sublayer<FeedForwardNetwork> feedForward
    )
        : base(nameof(StackLayer))
    {
        (_self, _cross, _feedForward) = (self, cross, feedForward);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[sequences, tokens, hidden].</param>
    /// <param name="bias">Of <see cref="PositionBias"/>.</param>
    /// <param name="source">[source tokens, hidden]; null in an encoder.</param>
    /// <param name="selection">The tokens of the source that are seen; null in an encoder.</param>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor? source, ISourceSelection? selection)
    {
        x = _self.Add(x, (attention, states) => attention.Attend(states, bias));
        if (_cross is not null)
        {
            x = _cross.Add(x, (attention, states) => attention.Attend(states, source!, selection!));
        }

        return _feedForward.Add(x, (network, states) => network.forward(states));
    }
}
