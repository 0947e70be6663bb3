using McpLongContext.Inference.Decoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>
/// Rotates the pairs (i, i + headDim / 2) of queries and keys by their position in the segment (RoPE, Su et al., arXiv
/// 2104.09864), with the model's scaling of the frequencies.
/// </summary>
internal sealed class RotaryEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly Tensor _cos; // [tokens, headDim / 2]
    private readonly Tensor _sin; // [tokens, headDim / 2]

    public RotaryEmbedding(DecoderConfig config, int tokens)
        : base(nameof(RotaryEmbedding))
    {
        using var scope = NewDisposeScope();
        var frequencies = tensor(config.RotaryScaling.Frequencies(config.HeadDim, config.RopeTheta));
        var angles = outer(arange(tokens, ScalarType.Float64), frequencies);
        var factor = config.RotaryScaling.AttentionFactor;
        _cos = (angles.cos() * factor).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
        _sin = (angles.sin() * factor).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
        register_buffer("cos", _cos);
        register_buffer("sin", _sin);
    }

    /// <summary>Applies it.</summary>
    /// <param name="x">[..., tokens, headDim].</param>
    public override Tensor forward(Tensor x) =>
        Rotate(x, _cos.narrow(0, 0, x.shape[^2]), _sin.narrow(0, 0, x.shape[^2]));

    /// <summary>Applies it at given positions.</summary>
    /// <param name="x">[..., n, headDim].</param>
    /// <param name="positions">[...], int64: one for n vectors.</param>
    public Tensor Forward(Tensor x, Tensor positions)
    {
        return Rotate(x, Of(_cos), Of(_sin));

        Tensor Of(Tensor table) =>
            table.index_select(0, positions.flatten()).reshape([.. positions.shape, 1, table.shape[1]]);
    }

    private static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        var halves = x.chunk(2, dim: -1);
        var (a, b) = (halves[0], halves[1]);
        return cat([(a * cos) - (b * sin), (b * cos) + (a * sin)], dim: -1);
    }
}
