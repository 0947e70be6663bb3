using McpLongContext.Kernels.Devices;

namespace McpLongContext.Dashboard.Performance;

/// <summary>The measurements of the last minutes.</summary>
/// <param name="Operations">Durations in seconds, by operation.</param>
/// <param name="Counts">Counted things: tokens, embeddings, lookups.</param>
/// <param name="Depths">Work that runs or waits at this moment.</param>
/// <param name="Devices">The devices that search beside the processor.</param>
public sealed record PerformanceModel(
    IReadOnlyList<Measured> Operations,
    IReadOnlyList<Measured> Counts,
    IReadOnlyList<Depth> Depths,
    IReadOnlyList<DeviceStatus> Devices
);

/// <summary>The values of one measurement.</summary>
/// <param name="Name">The name of what is measured.</param>
/// <param name="Count">How many values there are.</param>
/// <param name="PerMinute">Values in a minute.</param>
/// <param name="Sum">The sum of the values.</param>
/// <param name="SumPerSecond">The sum in a second.</param>
/// <param name="Median">The median; seconds for an operation.</param>
/// <param name="P99">The 99th percentile; seconds for an operation.</param>
public sealed record Measured(
    string Name,
    int Count,
    double PerMinute,
    double Sum,
    double SumPerSecond,
    double Median,
    double P99
);

/// <summary>How much runs or waits.</summary>
/// <param name="Name">The name of what is counted.</param>
/// <param name="Count">How much there is.</param>
public sealed record Depth(string Name, long Count);
