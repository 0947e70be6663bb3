namespace McpLongContext.Benchmarks.Gpu;

/// <summary>A device that is not there, or has failed.</summary>
internal sealed class DeviceFailedException(string message, Exception? inner = null) : Exception(message, inner);
