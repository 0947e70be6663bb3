using static TorchSharp.torch;

namespace McpLongContext.Training.Modules;

/// <summary>The compressive memory of a layer: M and z of every key/value head.</summary>
/// <param name="Matrix">M [batch, KV heads, headDim, headDim], a row for each dimension of a key.</param>
/// <param name="Normalizer">z [batch, KV heads, headDim].</param>
internal sealed record MemoryState(Tensor Matrix, Tensor Normalizer)
{
    /// <summary>The same numbers, through which no gradient flows back.</summary>
    public MemoryState Detach() => new(Matrix.detach(), Normalizer.detach());
}
