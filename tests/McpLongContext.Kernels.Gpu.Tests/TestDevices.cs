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
    private static readonly bool s_isCuda = Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TEST_CUDA") == "true";

    private readonly Context _context = Context.Create(builder =>
        (s_isCuda ? builder.Cuda() : builder.CPU(CPUDeviceKind.Default)).EnableAlgorithms()
    );

    /// <summary>Makes devices of these capacities.</summary>
    public TestDevices(params long[] capacities)
    {
        Devices = Array.ConvertAll(
            capacities,
            capacity => new GpuDevice(
                $"test:{capacity}",
                s_isCuda ? _context.CreateCudaAccelerator(0) : _context.CreateCPUAccelerator(0),
                Warnings.Add,
                capacity
            )
        );
        Search = new GpuSearchDevices(_context, Devices, Devices[0]);
    }

    public GpuDevice[] Devices { get; }

    public GpuSearchDevices Search { get; }

    public List<string> Warnings { get; } = [];

    public void Dispose() => Search.Dispose();
}
