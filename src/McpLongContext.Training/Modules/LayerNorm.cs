using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// (x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta over the last dimension (Ba et al., arXiv 1607.06450).
/// </summary>
internal sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly Tensor _gamma; // [width]
    private readonly Tensor _beta; // [width]
    private readonly double _epsilon;

    public LayerNorm(Tensor gamma, Tensor beta, double epsilon)
        : base(nameof(LayerNorm))
    {
        (_gamma, _beta, _epsilon) = (gamma, beta, epsilon);
        RegisterComponents();
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., width].</param>
    public override Tensor forward(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], _gamma, _beta, _epsilon);
}
