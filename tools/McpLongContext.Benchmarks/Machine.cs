using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Benchmarks;

/// <summary>The machine of a figure.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} cores, {InstructionSets()}; "
        + $"{RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}";

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo";
        if (!File.Exists(Path))
        {
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
                ?? RuntimeInformation.ProcessArchitecture.ToString();
        }

        var lines = File.ReadLines(Path).TakeWhile(line => line.Length > 0).ToList();
        return $"{Field("model name")} (family {Field("cpu family")}, model {Field("model")})";

        string Field(string name) =>
            lines.Find(line => line.Split(':')[0].Trim() == name)?.Split(':')[1].Trim() ?? "unknown";
    }

    private static string InstructionSets() =>
        string.Join(
            ' ',
            new (string Name, bool IsSupported)[]
            {
                ("AVX-512", Vector512.IsHardwareAccelerated),
                ("AVX2", Avx2.IsSupported),
                ("AVX-VNNI", AvxVnni.IsSupported),
                ("NEON", AdvSimd.IsSupported),
                ("dot product", Dp.IsSupported),
            }
                .Where(set => set.IsSupported)
                .Select(set => set.Name)
        );
}
