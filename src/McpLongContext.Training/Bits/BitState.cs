using McpLongContext.Inference.Bits;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// The keys and values of a layer that the next window may attend to, [batch, heads, bits, headDim] each. Detached:
/// no gradient flows into the window before (Dai et al., arXiv 1901.02860).
/// </summary>
internal sealed record BitState(Tensor Keys, Tensor Values);

/// <summary>The memory between chunks of streams that are read in step.</summary>
/// <param name="Layers">Keys and values, a layer each.</param>
/// <param name="Histories">The bytes before, a stream each; none where the model has none.</param>
internal sealed record BitStreamStates(IReadOnlyList<BitState> Layers, IReadOnlyList<BitHistory> Histories);
