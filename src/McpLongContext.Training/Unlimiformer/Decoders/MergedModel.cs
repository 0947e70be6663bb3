using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Training.Language;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>Writes a model with its LoRA adapters merged into the weights, W + B A: it then runs as any other model.</summary>
internal static class MergedModel
{
    private static readonly Dictionary<TensorKind, AttentionProjection> s_projections = new()
    {
        [TensorKind.Query] = AttentionProjection.Query,
        [TensorKind.Key] = AttentionProjection.Key,
        [TensorKind.Value] = AttentionProjection.Value,
        [TensorKind.AttentionOutput] = AttentionProjection.Output,
    };

    /// <summary>Writes the weights.</summary>
    /// <param name="folder">The folder to write to.</param>
    /// <param name="start">The model that the LoRA adapters are of.</param>
    /// <param name="model">The LoRA adapters.</param>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void Write(string folder, string start, InfiniDecoder model)
    {
        using var parameters = DecoderParameters.Open(start);
        var matrices = DecoderCheckpointWriter
            .Tensors(model.Config)
            .Where(one => one.Shape.Count == 2)
            .Select(one => (one.Kind, one.Layer))
            .ToHashSet();
        ModelFolder.Write(
            folder,
            model.Config,
            (kind, layer) =>
                !matrices.Contains((kind, layer)) ? parameters.ReadVector(kind, layer)
                : s_projections.TryGetValue(kind, out var projection) ? Merged(kind, layer, projection)
                : parameters.ReadMatrix(kind, layer).Values
        );

        float[] Merged(TensorKind kind, int layer, AttentionProjection projection)
        {
            using var scope = NewDisposeScope();
            var (values, outputs, inputs) = parameters.ReadMatrix(kind, layer);
            var adapter = model.Layers[layer].Attention.Adapters.First(one => one.Kind == projection).Adapter;
            var (rank, down, up) = adapter.Read();
            var change = tensor(up).reshape(outputs, rank).matmul(tensor(down).reshape(rank, inputs));
            return (tensor(values).reshape(outputs, inputs) + change).data<float>().ToArray();
        }
    }
}
