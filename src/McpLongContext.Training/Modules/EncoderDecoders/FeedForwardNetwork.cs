using McpLongContext.Inference.EncoderDecoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>The feed-forward network of an encoder-decoder; its functions are those of <see cref="FeedForwardFunction"/>.</summary>
internal sealed class FeedForwardNetwork : nn.Module<Tensor, Tensor>
{
    private readonly TrainedLinear? _gate;
    private readonly TrainedLinear _up;
    private readonly TrainedLinear _down;
    private readonly FeedForwardFunction _function;

    public FeedForwardNetwork(TrainedLinear? gate, TrainedLinear up, TrainedLinear down, FeedForwardFunction function)
        : base(nameof(FeedForwardNetwork))
    {
        (_gate, _up, _down, _function) = (gate, up, down, function);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., hidden].</param>
    public override Tensor forward(Tensor x)
    {
        var up = _up.forward(x);
        return _down.forward(
            _function switch
            {
                FeedForwardFunction.Relu => up.relu(),
                FeedForwardFunction.Gelu => nn.functional.gelu(up),
                _ => TanhGelu(_gate!.forward(x)) * up,
            }
        );
    }

    /// <summary>0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel, arXiv 1606.08415).</summary>
    private static Tensor TanhGelu(Tensor x) =>
        0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x.pow(3)))).tanh());
}
