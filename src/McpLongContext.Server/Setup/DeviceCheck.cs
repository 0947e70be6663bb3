using McpLongContext.Context.Contracts;
using McpLongContext.Kernels.Gpu;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Setup;

/// <summary>CUDA devices that are there, and what the settings place on them.</summary>
internal static class DeviceCheck
{
    /// <summary>Compares the settings with the devices.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="found">The devices; where there are none, why.</param>
    public static Finding Of(UnlimiformerOptions options, (IReadOnlyList<FoundDevice> Devices, string Reason) found)
    {
        var there = string.Join(", ", found.Devices.Select(Describe));
        var asked = options.ScanDevices.Append(options.KeyDevice).OfType<string>().ToArray();
        var missing = asked.Except(found.Devices.Select(one => one.Name)).ToArray();
        return missing.Length > 0
                ? new(
                    "devices",
                    Severity.Warning,
                    $"{string.Join(", ", missing)} asked for, but {(there.Length > 0 ? $"there is {there}" : found.Reason)}; "
                        + "the processor computes instead. Install NVIDIA's driver, or set Unlimiformer:gpu_index and "
                        + "gpu_datastore to false"
                )
            : asked.Length > 0 ? new("devices", Severity.Ok, $"{there}; {Placement(options)}")
            : there.Length > 0
                ? new(
                    "devices",
                    Severity.Ok,
                    $"{there}; not in use: set Unlimiformer:gpu_index to true to search there"
                )
            : new("devices", Severity.Ok, $"the processor alone ({found.Reason})");
    }

    private static string Describe(FoundDevice device) =>
        $"{device.Name} {device.Description} ({IngestText.Size(device.MemoryBytes)})";

    /// <summary>The place of embeddings and keys; how much of it, and the share of time, only the process knows that searches.</summary>
    private static string Placement(UnlimiformerOptions options)
    {
        var embeddings = options.ScanDevices.Count > 0 ? string.Join(" and ", options.ScanDevices) : null;
        return $"embeddings on {embeddings ?? "the processor"}, keys on {options.KeyDevice ?? "the processor"}; bytes held and "
            + "share of time: page Performance of the dashboard";
    }
}
