using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>A part of a layer, added to the states: x + f(norm(x)) (T5), or norm(x + f(x)) (BART).</summary>
internal sealed class Sublayer<TPart> : nn.Module
    where TPart : nn.Module
{
    private readonly nn.Module<Tensor, Tensor> _norm;
    private readonly TPart _part;
    private readonly bool _isPreNorm;

    public Sublayer(nn.Module<Tensor, Tensor> norm, TPart part, bool isPreNorm)
        : base(nameof(Sublayer<TPart>))
    {
        (_norm, _part, _isPreNorm) = (norm, part, isPreNorm);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., hidden].</param>
    /// <param name="apply">f.</param>
    public Tensor Add(Tensor x, Func<TPart, Tensor, Tensor> apply) =>
        _isPreNorm ? x + apply(_part, _norm.forward(x)) : _norm.forward(x + apply(_part, x));
}
