namespace McpLongContext.Dashboard.Cluster;

/// <summary>A silo.</summary>
/// <param name="Name">The name.</param>
/// <param name="Address">Where other silos reach it; <see langword="null"/>: it is away.</param>
/// <param name="Copies">The copies that it holds.</param>
/// <param name="Bytes">The bytes of the copies on disk, as far as they are known.</param>
public sealed record SiloRow(string Name, string? Address, int Copies, long Bytes);
