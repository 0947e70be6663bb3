using System.Globalization;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>Writes what training found: the file that <see cref="InfiniAdapter"/> reads.</summary>
public static class InfiniAdapterWriter
{
    /// <summary>Writes an adapter.</summary>
    /// <param name="destination">Receives the file.</param>
    /// <param name="config">The configuration of the model that it is for.</param>
    /// <param name="model">The SHA-256 of the file of that model's weights, in lower-case hexadecimal.</param>
    /// <param name="rule">How segments were written in training.</param>
    /// <param name="segmentTokens">Tokens of a segment in training.</param>
    /// <param name="betas">[layers, heads].</param>
    /// <param name="changes">At most one for each projection of each layer; stored in half precision.</param>
    /// <param name="notes">Further facts for a reader, by name: how it was trained.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Write(
        Stream destination,
        DecoderConfig config,
        string model,
        UpdateRule rule,
        int segmentTokens,
        ReadOnlyMemory<float> betas,
        IReadOnlyList<LoraAdapter> changes,
        IReadOnlyDictionary<string, string>? notes = null
    )
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(changes);
        var metadata = new Dictionary<string, string>(notes ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            ["format"] = InfiniAdapter.Format,
            ["model"] = model,
            ["update_rule"] = rule == UpdateRule.Delta ? "delta" : "linear",
            ["segment_tokens"] = segmentTokens.ToString(CultureInfo.InvariantCulture),
        };
        var tensors = new List<SafetensorsEntry> { new("gates", [config.LayerCount, config.HeadCount], betas) };
        foreach (var change in changes)
        {
            var name = InfiniAdapter.Projections.First(one => one.Projection == change.Projection).Name;
            var prefix = $"layers.{change.Layer}.{name}";
            var (inputs, outputs) = (change.Down.Length / change.Rank, change.Up.Length / change.Rank);
            tensors.Add(new($"{prefix}.a", [change.Rank, inputs], change.Down, IsHalf: true));
            tensors.Add(new($"{prefix}.b", [outputs, change.Rank], change.Up, IsHalf: true));
        }

        SafetensorsWriter.Write(destination, tensors, metadata);
    }
}
