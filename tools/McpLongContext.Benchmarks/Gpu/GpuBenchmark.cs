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
        try
        {
            // A device that has failed is given up: each part has one of its own.
            Action<BenchmarkDevice>[] parts = [Scans, Spans, Products];
            var failures = Array.ConvertAll(parts, part => Fails(output, name, part));
            return failures.Contains(true) ? 1 : 0;
        }
        catch (DeviceFailedException error)
        {
            output.WriteLine(error.Message);
            return 1;
        }

        void Scans(BenchmarkDevice device)
        {
            output.WriteLine($"{device.Device.Status.Description}, {Machine.Describe()}");
            if (device.IsRehearsal)
            {
                output.WriteLine("A rehearsal on the processor: the figures say nothing about a device.");
            }

            ScanBenchmark.Run(output, device, millions);
        }

        void Spans(BenchmarkDevice device) => SpanBenchmark.Run(output, device);

        void Products(BenchmarkDevice device) => ProductBenchmark.Run(output, device);
    }

    private static bool Fails(TextWriter output, string name, Action<BenchmarkDevice> part)
    {
        using var device = BenchmarkDevice.Open(output, name);
        try
        {
            part(device);
            return device.Device.Status.Failure is not null;
        }
        catch (DeviceFailedException error)
        {
            output.WriteLine(error.Message);
            return true;
        }
    }
}
