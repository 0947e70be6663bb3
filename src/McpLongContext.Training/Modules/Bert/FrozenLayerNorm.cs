using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Bert;

/// <summary>
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last dimension (Ba et al., arXiv 1607.06450), not trained.
/// </summary>
internal sealed class FrozenLayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly Tensor _gamma; // [width]
    private readonly Tensor _beta; // [width]
    private readonly double _epsilon;

    public FrozenLayerNorm(float[] gamma, float[] beta, double epsilon)
        : base(nameof(FrozenLayerNorm))
    {
        (_gamma, _beta, _epsilon) = (tensor(gamma), tensor(beta), epsilon);
        register_buffer("gamma", _gamma);
        register_buffer("beta", _beta);
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., width].</param>
    public override Tensor forward(Tensor x) => nn.functional.layer_norm(x, _gamma.shape, _gamma, _beta, _epsilon);
}
