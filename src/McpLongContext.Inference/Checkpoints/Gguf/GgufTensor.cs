namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>Where a tensor stands in a GGUF file.</summary>
/// <param name="Name">The name of the tensor.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">
/// Dimensions, row-major: the last one is contiguous. (The file lists them the other way round.)
/// </param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteCount">Size in bytes.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount)
{
    /// <summary>Number of elements: the product of the dimensions.</summary>
    public long ElementCount => ByteCount / Type.BlockBytes * Type.BlockElements;

    /// <summary>Elements of a row, the last dimension.</summary>
    public long RowLength => Shape[^1];

    /// <summary>Bytes of a row: whole blocks.</summary>
    public long RowBytes => RowLength / Type.BlockElements * Type.BlockBytes;

    /// <inheritdoc />
    public override string ToString() => $"{Type}[{string.Join(", ", Shape)}]";
}
