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
        KeyKernels.Multiply<CodeNumbers>,
        KeyKernels.Multiply<HalfNumbers>,
        SpanKernels.Attend<CodeNumbers>,
        SpanKernels.Attend<HalfNumbers>,
        SpanKernels.Merge,
        ProductKernels.MultiplyWords<CodeProduct, int>,
        ProductKernels.MultiplyWords<HalfProduct, float>,
        ProductKernels.MultiplyFragments<ShuffledFragments<CodeProduct, int>, int>,
        ProductKernels.MultiplyFragments<ShuffledFragments<HalfProduct, float>, float>,
    ];

    private static readonly Delegate[] s_tensorKernels =
    [
        ProductKernels.MultiplyFragments<TensorCodes, int>,
        ProductKernels.MultiplyFragments<TensorHalves, float>,
    ];

    public static TheoryData<int> Kernels => [.. Enumerable.Range(0, s_kernels.Length)];

    public static TheoryData<int> TensorKernels => [.. Enumerable.Range(0, s_tensorKernels.Length)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_compiles_to_ptx(int number)
    {
        Compile(s_kernels[number], CudaArchitecture.SM_60, CudaInstructionSet.ISA_60);
        Compile(s_kernels[number], CudaArchitecture.SM_80, CudaInstructionSet.ISA_70);
        Compile(s_kernels[number], CudaArchitecture.SM_90, CudaInstructionSet.ISA_78);
    }

    [Fact]
    public void Products_of_codes_are_one_instruction_from_6_1_on()
    {
        Delegate kernel = ProductKernels.MultiplyWords<Dp4aProduct, int>;
        Assert.Contains(
            "dp4a.s32.s32",
            Compile(kernel, CudaArchitecture.SM_61, CudaInstructionSet.ISA_60),
            StringComparison.Ordinal
        );
        Compile(kernel, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78);
    }

    [Theory]
    [MemberData(nameof(TensorKernels))]
    public void Products_of_fragments_are_one_instruction_from_8_0_on(int number)
    {
        var kernel = s_tensorKernels[number];
        // Each of the eight products of a step stands there once: which one it is was known when it was compiled.
        var ptx = Compile(kernel, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70);
        Assert.Equal(8, ptx.Split("mma.sync").Length - 1);
        Compile(kernel, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78);
    }

    private static string Compile(Delegate kernel, CudaArchitecture architecture, CudaInstructionSet instructions)
    {
        using var context = Context.Create(builder => builder.CPU(CPUDeviceKind.Nvidia).EnableAlgorithms());
        using var backend = new PTXBackend(context, architecture, instructions, null!);
        var compiled = (PTXCompiledKernel)
            backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), default);
        Assert.Contains(".visible .entry", compiled.PTXAssembly, StringComparison.Ordinal);
        Assemble(compiled.PTXAssembly, architecture);
        return compiled.PTXAssembly;
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
