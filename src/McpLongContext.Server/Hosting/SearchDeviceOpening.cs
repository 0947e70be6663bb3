using System.Runtime.CompilerServices;
using McpLongContext.Context.Contracts;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Gpu;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Server.Hosting;

/// <summary>Opens the devices that the settings ask for; what compiles kernels is loaded only then.</summary>
internal static class SearchDeviceOpening
{
    /// <summary>Opens them; <see langword="null"/>: none is asked for, or none is there, which the log says.</summary>
    public static ISearchDevices? Open(UnlimiformerOptions options, ILoggerFactory logging)
    {
        var logger = logging.CreateLogger(typeof(SearchDeviceOpening));
        return options.ScanDevices.Count == 0 && options.KeyDevice is null
            ? null
            : OpenGpu(options, warning => logger.LogWarning("{Warning}", warning));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GpuSearchDevices? OpenGpu(UnlimiformerOptions options, Action<string> warn) =>
        GpuSearchDevices.Open(options.ScanDevices, options.KeyDevice, warn);
}
