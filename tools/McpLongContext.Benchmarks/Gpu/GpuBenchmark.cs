namespace McpLongContext.Benchmarks.Gpu;

/// <summary>The work of a device, beside the processor of the same machine.</summary>
internal static class GpuBenchmark
{
    /// <summary>Runs; returns the exit code.</summary>
    /// <param name="output">Is told the figures.</param>
    /// <param name="name">The device: <c>cuda:0</c>; <c>cpu</c> rehearses.</param>
    /// <param name="millions">Token embeddings that are searched, in millions.</param>
    public static int Run(TextWriter output, string name, IReadOnlyList<double> millions)
    {
        using var device = BenchmarkDevice.Open(output, name);
        output.WriteLine($"{device.Device.Status.Description}, {Machine.Describe()}");
        if (device.IsRehearsal)
        {
            output.WriteLine("A rehearsal on the processor: the figures say nothing about a device.");
        }

        ScanBenchmark.Run(output, device, millions);
        SpanBenchmark.Run(output, device);
        ProductBenchmark.Run(output, device);
        return device.Device.Status.Failure is null ? 0 : 1;
    }
}
