using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Bert;

/// <summary>Writes the file that <see cref="EncoderAdapter"/> reads.</summary>
public static class EncoderAdapterWriter
{
    /// <summary>Writes an adapter.</summary>
    /// <param name="destination">Receives the file.</param>
    /// <param name="config">The configuration of the encoder that it is for.</param>
    /// <param name="model">The SHA-256 of the file of that encoder's weights, in lower-case hexadecimal.</param>
    /// <param name="changes">At most one for each linear layer; stored in half precision.</param>
    /// <param name="projection">[dimensions, hidden]; empty: none.</param>
    /// <param name="notes">Further facts for a reader, by name: how it was trained.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Write(
        Stream destination,
        BertConfig config,
        string model,
        IReadOnlyList<EncoderChange> changes,
        ReadOnlyMemory<float> projection = default,
        IReadOnlyDictionary<string, string>? notes = null
    )
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(changes);
        var metadata = new Dictionary<string, string>(notes ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            ["format"] = EncoderAdapter.Format,
            ["model"] = model,
            ["identity"] = EncoderAdapter.IdentityOf(changes, projection),
        };
        var tensors = new List<SafetensorsEntry>();
        foreach (var change in changes)
        {
            var name = EncoderAdapter.Linears.First(one => one.Linear == change.Linear).Name;
            var prefix = $"layers.{change.Layer}.{name}";
            var (outputs, inputs) = EncoderAdapter.ShapeOf(change.Linear, config);
            tensors.Add(new($"{prefix}.a", [change.Rank, inputs], change.Down, IsHalf: true));
            tensors.Add(new($"{prefix}.b", [outputs, change.Rank], change.Up, IsHalf: true));
        }

        if (!projection.IsEmpty)
        {
            int[] shape = [projection.Length / config.HiddenSize, config.HiddenSize];
            tensors.Add(new(EncoderAdapter.ProjectionName, shape, projection, IsHalf: true));
        }

        SafetensorsWriter.Write(destination, tensors, metadata);
    }
}
