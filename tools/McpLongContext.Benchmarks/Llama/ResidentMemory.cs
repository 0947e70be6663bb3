using System.Diagnostics;
using System.Globalization;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>The memory that a process has in use.</summary>
/// <param name="Total">Bytes.</param>
/// <param name="Private">Those that are no pages of files, which other processes share; null where that is not known.</param>
internal readonly record struct ResidentMemory(double Total, double? Private)
{
    public static ResidentMemory Of(int processId)
    {
        var status = $"/proc/{processId}/status";
        if (File.Exists(status))
        {
            var lines = File.ReadAllLines(status);
            return new ResidentMemory(Bytes("VmRSS:"), Bytes("RssAnon:"));

            double Bytes(string name) =>
                1024
                * double.Parse(
                    lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..^2],
                    CultureInfo.InvariantCulture
                );
        }

        using var process = Process.GetProcessById(processId);
        return new ResidentMemory(process.WorkingSet64, Private: null);
    }

    public override string ToString() =>
        Private is { } own ? $"{Total / 1e6:F0} ({own / 1e6:F0} private)" : $"{Total / 1e6:F0}";
}
