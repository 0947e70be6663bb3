namespace McpLongContext.Kernels.Devices;

/// <summary>A device and how much it holds.</summary>
/// <param name="Name">As settings name it: <c>cuda:0</c>.</param>
/// <param name="Description">The device's own name.</param>
/// <param name="MemoryBytes">The size of its memory.</param>
/// <param name="HeldBytes">Bytes of planes and buffers.</param>
/// <param name="Scans">Scans that it has finished.</param>
/// <param name="ScanTime">The time that they took, transfers included.</param>
/// <param name="Failure">Why it computes nothing any more; <see langword="null"/>: it does.</param>
public sealed record DeviceStatus(
    string Name,
    string Description,
    long MemoryBytes,
    long HeldBytes,
    long Scans,
    TimeSpan ScanTime,
    string? Failure
);
