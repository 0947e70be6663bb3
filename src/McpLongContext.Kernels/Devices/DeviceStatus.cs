namespace McpLongContext.Kernels.Devices;

/// <summary>A device and how much it holds.</summary>
/// <param name="Name">As settings name it: <c>cuda:0</c>.</param>
/// <param name="Description">The device's own name.</param>
/// <param name="MemoryBytes">The size of its memory.</param>
/// <param name="EmbeddingBytes">Bytes of the embeddings that it holds.</param>
/// <param name="KeyBytes">Bytes of the keys and values that it holds.</param>
/// <param name="BufferBytes">Bytes of the buffers of its scans.</param>
/// <param name="Scans">Scans that it has finished.</param>
/// <param name="ScanTime">The time that they took, transfers included.</param>
/// <param name="OpenTime">The time since it was opened.</param>
/// <param name="Failure">Why it computes nothing any more; <see langword="null"/>: it does.</param>
public sealed record DeviceStatus(
    string Name,
    string Description,
    long MemoryBytes,
    long EmbeddingBytes,
    long KeyBytes,
    long BufferBytes,
    long Scans,
    TimeSpan ScanTime,
    TimeSpan OpenTime,
    string? Failure
)
{
    /// <summary>Bytes of all that it holds.</summary>
    public long HeldBytes => EmbeddingBytes + KeyBytes + BufferBytes;

    /// <summary>The share of the time since it was opened that it has spent on scans, 0 to 1.</summary>
    public double ScanShare => OpenTime > TimeSpan.Zero ? Math.Min(1, ScanTime / OpenTime) : 0;
}
