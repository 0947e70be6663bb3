namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// Registers that inline instructions keep sums in. Results of inline instructions that the compiler sees go through local
/// memory, so that it sees those of the end alone.
/// </summary>
internal static class FragmentRegisters
{
    /// <summary>Declares registers of whole numbers, all zero.</summary>
    public const string Integers = ".reg .b32 sum<32>; " + Zeros;

    /// <summary>Declares registers of floats, all zero.</summary>
    public const string Floats = ".reg .f32 sum<32>; " + Zeros;

    /// <summary>The operands after the sums: those of rows, those of columns.</summary>
    public const string Operands = ", {%0,%1,%2,%3}, {%4,%5}, ";

    public const string Sums0 = "{sum0,sum1,sum2,sum3}";
    public const string Sums1 = "{sum4,sum5,sum6,sum7}";
    public const string Sums2 = "{sum8,sum9,sum10,sum11}";
    public const string Sums3 = "{sum12,sum13,sum14,sum15}";
    public const string Sums4 = "{sum16,sum17,sum18,sum19}";
    public const string Sums5 = "{sum20,sum21,sum22,sum23}";
    public const string Sums6 = "{sum24,sum25,sum26,sum27}";
    public const string Sums7 = "{sum28,sum29,sum30,sum31}";

    public const string Read0 = "mov.b32 %0, sum0; mov.b32 %1, sum1; mov.b32 %2, sum2; mov.b32 %3, sum3;";
    public const string Read1 = "mov.b32 %0, sum4; mov.b32 %1, sum5; mov.b32 %2, sum6; mov.b32 %3, sum7;";
    public const string Read2 = "mov.b32 %0, sum8; mov.b32 %1, sum9; mov.b32 %2, sum10; mov.b32 %3, sum11;";
    public const string Read3 = "mov.b32 %0, sum12; mov.b32 %1, sum13; mov.b32 %2, sum14; mov.b32 %3, sum15;";
    public const string Read4 = "mov.b32 %0, sum16; mov.b32 %1, sum17; mov.b32 %2, sum18; mov.b32 %3, sum19;";
    public const string Read5 = "mov.b32 %0, sum20; mov.b32 %1, sum21; mov.b32 %2, sum22; mov.b32 %3, sum23;";
    public const string Read6 = "mov.b32 %0, sum24; mov.b32 %1, sum25; mov.b32 %2, sum26; mov.b32 %3, sum27;";
    public const string Read7 = "mov.b32 %0, sum28; mov.b32 %1, sum29; mov.b32 %2, sum30; mov.b32 %3, sum31;";

    private const string Zeros =
        "mov.b32 sum0, 0; mov.b32 sum1, 0; mov.b32 sum2, 0; mov.b32 sum3, 0; "
        + "mov.b32 sum4, 0; mov.b32 sum5, 0; mov.b32 sum6, 0; mov.b32 sum7, 0; "
        + "mov.b32 sum8, 0; mov.b32 sum9, 0; mov.b32 sum10, 0; mov.b32 sum11, 0; "
        + "mov.b32 sum12, 0; mov.b32 sum13, 0; mov.b32 sum14, 0; mov.b32 sum15, 0; "
        + "mov.b32 sum16, 0; mov.b32 sum17, 0; mov.b32 sum18, 0; mov.b32 sum19, 0; "
        + "mov.b32 sum20, 0; mov.b32 sum21, 0; mov.b32 sum22, 0; mov.b32 sum23, 0; "
        + "mov.b32 sum24, 0; mov.b32 sum25, 0; mov.b32 sum26, 0; mov.b32 sum27, 0; "
        + "mov.b32 sum28, 0; mov.b32 sum29, 0; mov.b32 sum30, 0; mov.b32 sum31, 0; ";
}
