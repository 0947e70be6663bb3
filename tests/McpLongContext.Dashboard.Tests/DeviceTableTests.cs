using McpLongContext.Dashboard.Performance;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Kernels.Devices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace McpLongContext.Dashboard.Tests;

public sealed class DeviceTableTests
{
    [Fact]
    public async Task A_device_is_shown_with_what_it_holds_and_its_share_of_time()
    {
        var status = new DeviceStatus(
            "cuda:0",
            "NVIDIA H100",
            80L << 30,
            EmbeddingBytes: 3L << 30,
            KeyBytes: 5L << 20,
            BufferBytes: 7L << 10,
            Scans: 4,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(8),
            Failure: null
        );

        var html = await RenderAsync(new PerformanceModel([], [], [], [status]));

        Assert.All(
            ["cuda:0", "NVIDIA H100", "80 GB", "3 GB", "5 MB", "7 KB", "250 ms", "12.5", "in use"],
            text => Assert.Contains(text, html, StringComparison.Ordinal)
        );
    }

    private static async Task<string> RenderAsync(PerformanceModel model)
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = body } };
        await View.Of<PerformanceTables, PerformanceModel>(model).ExecuteAsync(context);
        return System.Text.Encoding.UTF8.GetString(body.ToArray());
    }
}
