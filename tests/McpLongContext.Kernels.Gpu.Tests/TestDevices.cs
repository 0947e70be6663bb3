using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu.Tests;

/// <summary>
/// Devices without hardware: ILGPU runs the kernels on the processor. With
/// <c>MCP_LONG_CONTEXT_TEST_CUDA=true</c> the first CUDA device runs them.
/// </summary>
internal sealed class TestDevices : IDisposable
{
    private readonly Context _context;

    /// <summary>Makes devices of these capacities.</summary>
    public TestDevices(params long[] capacities)
        : this(CPUDevice.Default, capacities) { }

    /// <summary>Makes devices of these capacities, without hardware of such warps.</summary>
    public TestDevices(CPUDevice processor, params long[] capacities)
    {
        _context = Context.Create(builder => (IsCuda ? builder.Cuda() : builder.CPU(processor)).EnableAlgorithms());
        Devices = Array.ConvertAll(
            capacities,
            capacity => new GpuDevice(
                $"test:{capacity}",
                IsCuda ? _context.CreateCudaAccelerator(0) : _context.CreateCPUAccelerator(0),
                Warnings.Add,
                capacity
            )
        );
        Search = new GpuSearchDevices(_context, Devices, Devices[0]);
    }

    /// <summary>Whether hardware runs the kernels.</summary>
    public static bool IsCuda { get; } = Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TEST_CUDA") == "true";

    public GpuDevice[] Devices { get; }

    public GpuSearchDevices Search { get; }

    public List<string> Warnings { get; } = [];

    public void Dispose() => Search.Dispose();
}
