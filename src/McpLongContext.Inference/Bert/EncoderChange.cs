using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Bert;

/// <summary>
/// A change B A of one linear layer of an encoder (LoRA, Hu et al., arXiv 2106.09685), any scale of it already in B.
/// </summary>
/// <param name="Layer">From 0.</param>
/// <param name="Linear">The linear layer that it is added to.</param>
/// <param name="Rank">The inner dimension, positive.</param>
/// <param name="Down">A [rank, inputs].</param>
/// <param name="Up">B [outputs, rank].</param>
public sealed record EncoderChange(
    int Layer,
    EncoderLinear Linear,
    int Rank,
    ReadOnlyMemory<float> Down,
    ReadOnlyMemory<float> Up
)
{
    /// <summary>
    /// W += B A. Merged before the weights are packed, a change costs nothing when the encoder runs.
    /// </summary>
    /// <param name="weights">W [outputs, inputs].</param>
    internal void AddTo(Span<float> weights)
    {
        var inputs = Down.Length / Rank;
        var transposed = new float[Down.Length]; // A^T [inputs, rank]
        for (var r = 0; r < Rank; r++)
        {
            for (var i = 0; i < inputs; i++)
            {
                transposed[(i * Rank) + r] = Down.Span[(r * inputs) + i];
            }
        }

        var product = ArrayPool<float>.Shared.Rent(weights.Length);
        var change = product.AsSpan(0, weights.Length);
        MatrixProduct.Multiply(Up.Span, PackedMatrix.Pack(transposed, inputs, Rank), bias: [], change);
        TensorPrimitives.Add(weights, change, weights);
        ArrayPool<float>.Shared.Return(product);
    }
}
