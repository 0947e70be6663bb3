using static McpLongContext.Kernels.MachineCode.Assembler;

namespace McpLongContext.Kernels.MachineCode;

/// <summary>
/// The peak rate of a core with AVX512-VNNI: dot products over and over in registers, without RAM. The products are
/// measured against it.
/// </summary>
public static unsafe class VnniPeak
{
    /// <summary>Sums that do not wait for each other, enough to hide a latency of 5 on two ports.</summary>
    private const int Chains = 12;

    private const int BytePairs = 64;

    private static readonly nint[]? s_functions = VnniFunctions.Load(maxRows: 1, static (to, _) => Write(to));

    /// <summary>Whether the machine has the instruction and the system lets us use it.</summary>
    public static bool IsSupported => s_functions is not null;

    /// <summary>Integer operations of a step; a multiply-add counts as two.</summary>
    public static double Operations => 2.0 * Chains * BytePairs;

    /// <summary>Runs some steps.</summary>
    /// <param name="steps">How many, at least 1.</param>
    /// <exception cref="PlatformNotSupportedException">See <see cref="IsSupported"/>.</exception>
    public static void Run(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        if (s_functions is null)
        {
            throw new PlatformNotSupportedException("AVX512-VNNI is missing here, or the system forbids made code.");
        }

        ((delegate* unmanaged<long, void>)s_functions[0])(steps);
    }

    /// <summary>A function of the number of steps.</summary>
    private static void Write(Assembler to)
    {
        const int Left = 0;
        const int Right = 1;
        const int FirstSum = 16;
        const int Steps = Rcx;
        if (!OperatingSystem.IsWindows())
        {
            to.Move(Steps, Rdi);
        }

        to.Clear(Left);
        to.Clear(Right);
        for (var sum = FirstSum; sum < FirstSum + Chains; sum++)
        {
            to.Clear(sum);
        }

        var loop = to.Position;
        for (var sum = FirstSum; sum < FirstSum + Chains; sum++)
        {
            to.DotProduct(sum, Left, Right);
        }

        to.DecrementAndLoop(Steps, loop);
        to.ZeroUpper();
        to.Return();
    }
}
