namespace McpLongContext.Inference.Checkpoints;

/// <summary>Where a tensor stands in a safetensors file.</summary>
/// <param name="ElementType">Type of the elements in the format's spelling, for example <c>F16</c>.</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteCount">Size in bytes.</param>
public sealed record TensorInfo(string ElementType, IReadOnlyList<long> Shape, long Offset, long ByteCount)
{
    /// <summary>Number of elements: the product of the dimensions.</summary>
    public long ElementCount => ByteCount / SafetensorsHeader.ElementSize(ElementType);

    /// <inheritdoc />
    public override string ToString() => $"{ElementType}[{string.Join(", ", Shape)}]";
}
