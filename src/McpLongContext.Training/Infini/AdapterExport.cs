using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Infini;

/// <summary>The trained adapter, as the engine takes it.</summary>
internal static class AdapterExport
{
    /// <summary>[layers, heads].</summary>
    public static float[] Betas(InfiniDecoder model) =>
        [.. model.Gates.SelectMany(gate => gate.detach().data<float>().ToArray())];

    /// <summary>The LoRA adapters of all layers.</summary>
    public static IReadOnlyList<LoraAdapter> Changes(InfiniDecoder model) =>
        [
            .. model.Layers.SelectMany(
                (layer, index) => layer.Attention.Projections.Select(one => one.Value.Export(index, one.Key))
            ),
        ];

    /// <summary>Writes an adapter, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The trained model.</param>
    /// <param name="weights">The SHA-256 of the model's weights.</param>
    /// <param name="settings">How it was trained.</param>
    /// <param name="notes">Further facts for a reader, by name.</param>
    public static void Save(
        string path,
        InfiniDecoder model,
        string weights,
        InfiniSettings settings,
        IReadOnlyDictionary<string, string> notes
    ) =>
        AtomicFile.Write(
            path,
            stream =>
                InfiniAdapterWriter.Write(
                    stream,
                    model.Config,
                    weights,
                    settings.Adapter.Rule,
                    settings.SegmentTokens,
                    Betas(model),
                    Changes(model),
                    notes
                )
        );

    /// <summary>Takes an adapter over as the start.</summary>
    public static void Load(InfiniDecoder model, IEnumerable<LoraAdapter> changes)
    {
        foreach (var change in changes)
        {
            model.Layers[change.Layer].Attention.Projections[change.Projection].Import(change);
        }
    }
}
