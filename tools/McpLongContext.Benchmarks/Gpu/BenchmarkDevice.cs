using System.Diagnostics;
using System.Globalization;
using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using McpLongContext.Kernels.Gpu;
using GpuContext = ILGPU.Context;

namespace McpLongContext.Benchmarks.Gpu;

/// <summary>Times of a measurement in milliseconds.</summary>
/// <param name="P50">The median.</param>
/// <param name="P99">The 99th percentile; the longest of a hundred or fewer.</param>
internal sealed record Times(double P50, double P99);

/// <summary>
/// A device to measure: a CUDA device, or <c>cpu</c>, ILGPU's processor device, for rehearsals without hardware.
/// </summary>
internal sealed class BenchmarkDevice : IDisposable
{
    private const string Rehearsal = "cpu";

    private BenchmarkDevice(GpuContext context, GpuDevice device)
    {
        Device = device;
        Search = new GpuSearchDevices(context, [device], device);
    }

    /// <summary>The device.</summary>
    public GpuDevice Device { get; }

    /// <summary>The same, as a search has it.</summary>
    public GpuSearchDevices Search { get; }

    /// <summary>Whether it is there for rehearsals alone: its figures are worth nothing.</summary>
    public bool IsRehearsal => Device.Name == Rehearsal;

    /// <summary>Bytes that it holds.</summary>
    public long Held => Device.Status.HeldBytes;

    /// <summary>Opens a device.</summary>
    /// <exception cref="DeviceFailedException">There is no such device.</exception>
    public static BenchmarkDevice Open(TextWriter output, string name)
    {
        var isRehearsal = name == Rehearsal;
        var number = 0;
        if (
            !isRehearsal
            && !(
                name.StartsWith(GpuSearchDevices.Prefix, StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(GpuSearchDevices.Prefix.Length), CultureInfo.InvariantCulture, out number)
            )
        )
        {
            throw new DeviceFailedException($"'{name}' is no device: expected cuda:0, another number, or cpu.");
        }

        var context = GpuContext.Create(builder =>
            (isRehearsal ? builder.CPU(new CPUDevice(32, 8, 1)) : builder.Cuda()).EnableAlgorithms()
        );
        try
        {
            var accelerator = isRehearsal
                ? context.CreateCPUAccelerator(0)
                : (ILGPU.Runtime.Accelerator)context.CreateCudaAccelerator(number);
            return new BenchmarkDevice(context, new GpuDevice(name, accelerator, output.WriteLine));
        }
        catch (Exception error) when (GpuDevice.IsOfDevice(error) || error is ArgumentException)
        {
            context.Dispose();
            throw new DeviceFailedException($"{name} cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>What the device has computed.</summary>
    /// <exception cref="DeviceFailedException">It has computed nothing.</exception>
    public T Require<T>(T? result)
        where T : class =>
        result ?? throw new DeviceFailedException($"{Device.Name} failed: {Device.Status.Failure ?? "no result"}");

    /// <summary>Runs once to warm up and then so many times; twice in a rehearsal.</summary>
    public Times Times(int count, Action run) => Measure(IsRehearsal ? 2 : count, run);

    /// <summary>Runs once to warm up and then so many times, on the processor.</summary>
    public static Times Measure(int count, Action run)
    {
        run();
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var watch = Stopwatch.StartNew();
            run();
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return new Times(times[count / 2], times[Math.Min(count - 1, count * 99 / 100)]);
    }

    /// <inheritdoc/>
    public void Dispose() => Search.Dispose();
}
