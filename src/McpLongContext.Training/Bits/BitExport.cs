using McpLongContext.Inference.Checkpoints;
using TorchSharp.Modules;

namespace McpLongContext.Training.Bits;

/// <summary>The trained model, as the engine takes it.</summary>
internal static class BitExport
{
    /// <summary>Writes a model, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="isHalf">Whether matrices are stored as F16.</param>
    /// <param name="notes">Further facts for a reader, by name.</param>
    public static void Save(string path, BitModule model, bool isHalf, IReadOnlyDictionary<string, string> notes)
    {
        var metadata = new Dictionary<string, string>(notes, StringComparer.Ordinal);
        foreach (var (name, value) in model.Config.ToMetadata())
        {
            metadata[name] = value;
        }

        var entries = Tensors(model)
            .Select(one => new SafetensorsEntry(
                one.Name,
                [.. one.Value.shape.Select(size => (int)size)],
                one.Value.detach().data<float>().ToArray(),
                isHalf && one.Value.dim() > 1
            ))
            .ToList();
        AtomicFile.Write(path, stream => SafetensorsWriter.Write(stream, entries, metadata));
    }

    /// <summary>The trained tensors, by the names of the file.</summary>
    public static IEnumerable<(string Name, Parameter Value)> Tensors(BitModule model)
    {
        yield return ("embedding.weight", model.Bits.weight!);
        if (model.Places is not null)
        {
            yield return ("places.weight", model.Places.weight!);
        }

        if (model.History is not null)
        {
            yield return ("history.weight", model.History.weight!);
        }

        for (var i = 0; i < model.Layers.Count; i++)
        {
            foreach (var (name, value) in Tensors(model.Layers[i]))
            {
                yield return ($"layers.{i}.{name}", value);
            }
        }

        yield return ("norm.weight", model.OutputNorm.weight!);
        yield return ("norm.bias", model.OutputNorm.bias!);
        yield return ("out_head.weight", model.Head.weight!);
        yield return ("out_head.bias", model.Head.bias!);
    }

    private static IEnumerable<(string Name, Parameter Value)> Tensors(BitLayer layer)
    {
        yield return ("norm1.weight", layer.AttentionNorm.weight!);
        yield return ("norm1.bias", layer.AttentionNorm.bias!);
        yield return ("self_attn.in_proj_weight", layer.QueryKeyValue.weight!);
        yield return ("self_attn.in_proj_bias", layer.QueryKeyValue.bias!);
        yield return ("self_attn.out_proj.weight", layer.AttentionOutput.weight!);
        yield return ("self_attn.out_proj.bias", layer.AttentionOutput.bias!);
        yield return ("norm2.weight", layer.FeedForwardNorm.weight!);
        yield return ("norm2.bias", layer.FeedForwardNorm.bias!);
        yield return ("linear1.weight", layer.Intermediate.weight!);
        yield return ("linear1.bias", layer.Intermediate.bias!);
        yield return ("linear2.weight", layer.Output.weight!);
        yield return ("linear2.bias", layer.Output.bias!);
        if (layer.Halt is not null)
        {
            yield return ("halt.weight", layer.Halt.weight!);
            yield return ("halt.bias", layer.Halt.bias!);
        }
    }
}
