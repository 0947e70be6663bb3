using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>W_down (silu(W_gate x) * W_up x) (SwiGLU, Shazeer, arXiv 2002.05202).</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _gate;
    private readonly nn.Module<Tensor, Tensor> _up;
    private readonly nn.Module<Tensor, Tensor> _down;

    public FeedForward(nn.Module<Tensor, Tensor> gate, nn.Module<Tensor, Tensor> up, nn.Module<Tensor, Tensor> down)
        : base(nameof(FeedForward))
    {
        (_gate, _up, _down) = (gate, up, down);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., hidden].</param>
    public override Tensor forward(Tensor x) => _down.forward(nn.functional.silu(_gate.forward(x)) * _up.forward(x));
}
