using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu.Tests;

/// <summary>The kernels compile for every generation of devices, none of which is needed for it.</summary>
public sealed class PtxTests
{
    [Theory]
    [InlineData(nameof(EmbeddingKernels.ScorePassages))]
    [InlineData(nameof(EmbeddingKernels.ScoreBinaryCodes))]
    [InlineData(nameof(EmbeddingKernels.ScoreResidualCodes))]
    [InlineData(nameof(KeyKernels.Sum))]
    [InlineData(nameof(KeyKernels.Score))]
    public void A_kernel_compiles_to_ptx(string name)
    {
        using var context = Context.Create(builder => builder.CPU(CPUDeviceKind.Nvidia).EnableAlgorithms());
        var kernel =
            typeof(EmbeddingKernels).GetMethod(name, BindingFlags.Static | BindingFlags.Public)
            ?? typeof(KeyKernels).GetMethod(name, BindingFlags.Static | BindingFlags.Public)!;
        foreach (
            var (architecture, instructions) in new[]
            {
                (CudaArchitecture.SM_60, CudaInstructionSet.ISA_60),
                (CudaArchitecture.SM_80, CudaInstructionSet.ISA_70),
                (CudaArchitecture.SM_90, CudaInstructionSet.ISA_78),
            }
        )
        {
            using var backend = new PTXBackend(context, architecture, instructions, null!);
            var compiled = (PTXCompiledKernel)
                backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default);
            Assert.Contains(".visible .entry", compiled.PTXAssembly, StringComparison.Ordinal);
        }
    }
}
