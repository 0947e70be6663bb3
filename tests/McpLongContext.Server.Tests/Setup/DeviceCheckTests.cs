using McpLongContext.Context.Contracts;
using McpLongContext.Kernels.Gpu;
using McpLongContext.Server.Setup;

namespace McpLongContext.Server.Tests.Setup;

public sealed class DeviceCheckTests
{
    private static readonly FoundDevice[] s_devices =
    [
        new("cuda:0", "NVIDIA H100", 80L << 30),
        new("cuda:1", "NVIDIA L4", 24L << 30),
    ];

    [Fact]
    public void Devices_are_listed_with_their_memory_and_what_is_placed_on_them()
    {
        var options = new UnlimiformerOptions
        {
            GpuIndex = true,
            IndexDevices = ["cuda:0", "cuda:1"],
            GpuDatastore = true,
            DatastoreDevice = "cuda:1",
        };

        var finding = DeviceCheck.Of(options, (s_devices, ""));

        Assert.Equal(Severity.Ok, finding.Severity);
        Assert.StartsWith(
            "cuda:0 NVIDIA H100 (80 GB), cuda:1 NVIDIA L4 (24 GB); embeddings on cuda:0 and cuda:1, keys on cuda:1",
            finding.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_is_not_asked_for_stays_on_the_processor() =>
        Assert.Contains(
            "embeddings on the processor, keys on cuda:0",
            DeviceCheck.Of(new UnlimiformerOptions { GpuDatastore = true }, (s_devices, "")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_device_that_is_asked_for_and_not_there_is_a_warning_with_the_reason()
    {
        var finding = DeviceCheck.Of(new UnlimiformerOptions { GpuIndex = true }, ([], "no driver"));

        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains("cuda:0 asked for, but no driver", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_not_in_use_is_offered() =>
        Assert.Contains(
            "gpu_index",
            DeviceCheck.Of(new UnlimiformerOptions(), (s_devices, "")).Message,
            StringComparison.Ordinal
        );
}
