using McpLongContext.Inference.Checkpoints.Gguf.Blocks;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>The tensors of a GGUF file.</summary>
internal sealed class GgufTensors(GgufFile file) : ITensorSource
{
    /// <inheritdoc />
    public string Path => file.Path;

    /// <inheritdoc />
    public IReadOnlyCollection<string> Names { get; } = [.. file.Tensors.Keys];

    /// <inheritdoc />
    public bool Contains(string name) => file.Tensors.ContainsKey(name);

    /// <inheritdoc />
    public void Require(string name, params ReadOnlySpan<int> shape)
    {
        if (!file.Tensors.TryGetValue(name, out var tensor))
        {
            throw new CheckpointException(Path, TensorShape.Missing(name, file.Tensors.Count));
        }

        if (!TensorShape.Equals(tensor.Shape, shape))
        {
            throw new CheckpointException(Path, TensorShape.Mismatch(name, tensor, shape));
        }

        if (BlockDecoder.Find(tensor.Type) is null)
        {
            throw new CheckpointException(
                Path,
                $"tensor '{name}': type {tensor.Type} found, expected one of {string.Join(", ", BlockDecoder.Supported)}"
            );
        }
    }

    /// <inheritdoc />
    public void ReadRows(string name, int firstRow, Span<float> rows)
    {
        var tensor = file.Tensors[name];
        var decode = BlockDecoder.Find(tensor.Type)!;
        var length = (int)tensor.RowLength;
        // Row by row: a span of all bytes could be longer than 2 GiB.
        for (var row = firstRow; !rows.IsEmpty; row++)
        {
            var values = rows[..length];
            decode(file.Bytes(tensor, row * tensor.RowBytes, (int)tensor.RowBytes), values);
            FiniteValues.Require(Path, name, values, (long)row * length, tensor.Shape.Count < 2 ? 0 : length);
            rows = rows[length..];
        }
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();
}
