namespace McpLongContext.Dashboard.Scanning;

/// <summary>Costs along the offsets of a file.</summary>
/// <param name="Bytes">Bytes in all columns.</param>
/// <param name="BytesOfColumn">Bytes of a column; the last one may have fewer.</param>
/// <param name="Means">The mean negative log-likelihood of a column's bytes, in bits.</param>
/// <param name="Highest">That of its least likely byte.</param>
public sealed record CostColumns(
    long Bytes,
    long BytesOfColumn,
    IReadOnlyList<double> Means,
    IReadOnlyList<double> Highest
);
