namespace McpLongContext.Kernels.Devices;

/// <summary>Consecutive tokens of a plane.</summary>
/// <param name="First">The first token.</param>
/// <param name="Count">How many, positive.</param>
public readonly record struct TokenRange(int First, int Count);
