using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// x / sqrt(mean(x^2) + epsilon) * gamma over the last dimension (Zhang and Sennrich, arXiv 1910.07467).
/// </summary>
internal sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly Tensor _gamma; // [width]
    private readonly double _epsilon;

    /// <summary>Creates one.</summary>
    /// <param name="gamma">[width]; trained where it is a parameter.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public RmsNorm(Tensor gamma, double epsilon)
        : base(nameof(RmsNorm))
    {
        _gamma = gamma;
        _epsilon = epsilon;
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., width].</param>
    public override Tensor forward(Tensor x) => x * rsqrt(x.pow(2).mean([-1], keepdim: true) + _epsilon) * _gamma;
}
