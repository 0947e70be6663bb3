using McpLongContext.Kernels.Devices;

namespace McpLongContext.Storage.Keys;

/// <summary>Where the keys of a block lie on a device.</summary>
/// <param name="Keys">The keys of all blocks beside it.</param>
/// <param name="FirstToken">The block's first token among them.</param>
public readonly record struct DeviceKeys(IDeviceKeys Keys, int FirstToken);
