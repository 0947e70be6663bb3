using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// The keys and values of a layer that the next window may attend to, [batch, heads, bits, headDim] each. Detached:
/// no gradient flows into the window before (Dai et al., arXiv 1901.02860).
/// </summary>
internal sealed record BitState(Tensor Keys, Tensor Values);
