using McpLongContext.Inference.Bits;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>Halting by bit, as the engine computes it: see <see cref="BitTransformerConfig.IsAdaptive"/>.</summary>
internal sealed class BitHalting
{
    private readonly BitTransformerConfig _config;
    private Tensor _halted; // [batch, bits, 1]

    public BitHalting(BitTransformerConfig config, Tensor x)
    {
        _config = config;
        _halted = zeros_like(x.narrow(-1, 0, 1)).detach();
        Result = zeros_like(x);
    }

    /// <summary>[batch, bits, width]: the layers' states by their shares.</summary>
    public Tensor Result { get; private set; }

    /// <summary>Adds a layer's share; where a bit had halted before, the layer is undone.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="before">Both streams before the layer.</param>
    /// <param name="after">Both streams after it.</param>
    /// <param name="isLast">Whether there is no further layer.</param>
    public (Tensor First, Tensor Second) Advance(
        BitLayer layer,
        (Tensor First, Tensor Second) before,
        (Tensor First, Tensor Second) after,
        bool isLast
    )
    {
        var isActive = _halted.lt(_config.HaltThreshold);
        var state = _config.IsReversible ? (after.First + after.Second) / 2 : after.First;
        var share = (1 - _halted) * layer.Halt!.forward(state).sigmoid();
        var halted = _halted + share;
        var ends = isLast ? ones_like(isActive) : halted.ge(_config.HaltThreshold);
        share = where(ends, 1 - _halted, share);
        Result += where(isActive, share, zeros_like(share)) * state;
        _halted = where(isActive, halted, _halted);
        return (where(isActive, after.First, before.First), where(isActive, after.Second, before.Second));
    }
}
