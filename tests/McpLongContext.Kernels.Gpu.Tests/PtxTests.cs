using System.Diagnostics;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu.Tests;

/// <summary>
/// The kernels compile for every generation of devices, none of which is needed for it. Where
/// <c>MCP_LONG_CONTEXT_TEST_PTXAS</c> names NVIDIA's assembler, it takes what was compiled, too.
/// </summary>
public sealed class PtxTests
{
    private static readonly Delegate[] s_kernels =
    [
        EmbeddingKernels.ScorePassages,
        EmbeddingKernels.ScoreBinaryCodes,
        EmbeddingKernels.ScoreResidualCodes,
        KeyKernels.Sum<CodeNumbers>,
        KeyKernels.Sum<HalfNumbers>,
        KeyKernels.Score<CodeNumbers>,
        KeyKernels.Score<HalfNumbers>,
        SpanKernels.Attend<CodeNumbers>,
        SpanKernels.Attend<HalfNumbers>,
        SpanKernels.Merge,
    ];

    public static TheoryData<int> Kernels => [.. Enumerable.Range(0, s_kernels.Length)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_compiles_to_ptx(int number)
    {
        using var context = Context.Create(builder => builder.CPU(CPUDeviceKind.Nvidia).EnableAlgorithms());
        var kernel = s_kernels[number].Method;
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
            Assemble(compiled.PTXAssembly, architecture);
        }
    }

    private static void Assemble(string ptx, CudaArchitecture architecture)
    {
        if (Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TEST_PTXAS") is not { } assembler)
        {
            return;
        }

        var target = $"sm_{architecture.Major}{architecture.Minor}";
        var start = new ProcessStartInfo(
            assembler,
            ["--verbose", "--gpu-name", target, "--output-file", "/dev/null", "-"]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(ptx);
        process.StandardInput.Close();
        var messages = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, messages);
        TestContext.Current.SendDiagnosticMessage(messages);
    }
}
