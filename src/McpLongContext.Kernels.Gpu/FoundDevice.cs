namespace McpLongContext.Kernels.Gpu;

/// <summary>A device of this machine.</summary>
/// <param name="Name">As settings name it: <c>cuda:0</c>.</param>
/// <param name="Description">The device's own name.</param>
/// <param name="MemoryBytes">The size of its memory.</param>
public sealed record FoundDevice(string Name, string Description, long MemoryBytes);
