using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Reads the segments of a batch in one of the two ways that are published: all of them inside the attention of each
/// layer, or one after the other through the whole model. The numbers are the same; the loop keeps gradients over a
/// horizon of segments only, and so needs no more for a longer text.
/// </summary>
internal static class SegmentReader
{
    /// <summary>Reads a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The examples.</param>
    /// <param name="horizon">
    /// Segments through whose compressive memory gradients flow; null: all, inside attention.
    /// </param>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    /// <returns>[examples * segments * tokens, hidden].</returns>
    public static Tensor Read(InfiniDecoder model, Batch batch, int? horizon, CancellationToken cancellation = default)
    {
        var states = horizon is { } segments
            ? ReadOneByOne(model, batch, segments, cancellation)
            : model.Read(batch.Tokens, weights: batch.Weights, cancellation: cancellation).States;
        return states.reshape(-1, model.Config.HiddenSize);
    }

    private static Tensor ReadOneByOne(InfiniDecoder model, Batch batch, int horizon, CancellationToken cancellation)
    {
        var count = batch.Tokens.shape[1];
        var all = new List<Tensor>();
        IReadOnlyList<MemoryState?>? memories = null;
        for (var segment = 0; segment < count; segment++)
        {
            var (states, after) = model.Read(
                batch.Tokens.narrow(1, segment, 1),
                memories,
                batch.Weights.narrow(1, segment, 1),
                cancellation
            );
            all.Add(states);
            memories = count - 1 - segment > horizon ? [.. after.Select(memory => memory?.Detach())] : after;
        }

        return cat(all, dim: 1);
    }
}
