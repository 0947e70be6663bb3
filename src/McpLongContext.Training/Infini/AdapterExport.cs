using McpLongContext.Inference.Decoders;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>The trained adapter, as the engine takes it.</summary>
internal static class AdapterExport
{
    /// <summary>[layers, heads].</summary>
    public static float[] Betas(InfiniDecoder model) =>
        [.. model.Layers.SelectMany(layer => layer.Attention.Betas.detach().data<float>().ToArray())];

    /// <summary>The LoRA adapters of all layers.</summary>
    public static IReadOnlyList<LoraAdapter> Changes(InfiniDecoder model) =>
        [
            .. model.Layers.SelectMany(
                (layer, index) => layer.Attention.Adapters.Select(one => one.Adapter.Export(index, one.Kind))
            ),
        ];

    /// <summary>sigmoid(beta) by layer and head.</summary>
    public static IReadOnlyList<IReadOnlyList<double>> Gates(InfiniDecoder model) =>
        [
            .. Betas(model)
                .Chunk(model.Config.HeadCount)
                .Select(betas => betas.Select(beta => Math.Round(1 / (1 + Math.Exp(-beta)), 4)).ToArray()),
        ];

    /// <summary>Takes an adapter over as the start.</summary>
    public static void Load(InfiniDecoder model, StartingAdapter adapter)
    {
        foreach (var change in adapter.Changes)
        {
            var (_, layer) = model.Layers[change.Layer].Attention.Adapters.First(one => one.Kind == change.Projection);
            layer.Import(change);
        }

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        for (var layer = 0; adapter.Gates is not null && layer < model.Layers.Count; layer++)
        {
            var gates = adapter.Gates.Of(layer).ToArray();
            model.Layers[layer].Attention.Betas.copy_(tensor(Array.ConvertAll(gates, BetaOf)));
        }
    }

    /// <summary>The inverse of sigmoid; gates that are closed or open entirely become as good as that.</summary>
    private static float BetaOf(float gate)
    {
        const float Most = 1 - 1e-6f;
        var inside = Math.Clamp(gate, 1 - Most, Most);
        return MathF.Log(inside / (1 - inside));
    }
}
