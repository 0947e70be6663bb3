namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>Rate and memory of a case.</summary>
/// <param name="BitsPerSecond">Bits that a core reads in a second of its own time.</param>
/// <param name="Memory">The largest resident size of the process, in bytes.</param>
internal sealed record BitMeasurement(double BitsPerSecond, long Memory);
