using ILGPU.Runtime.Cuda;

namespace McpLongContext.Kernels.Gpu;

/// <summary>Codes of eight bits in tensor cores, from compute capability 8.0 on.</summary>
internal readonly struct TensorCodes : IFragmentProduct<int>
{
    private const string Multiply = "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 ";

    /// <inheritdoc/>
    public void Clear() => CudaAsm.Emit(FragmentRegisters.Integers);

    /// <inheritdoc/>
    public void Add(int index, RowFragment rows, int first, int second)
    {
        var (a, b, c, d) = (rows.Upper, rows.Lower, rows.UpperRight, rows.LowerRight);
        switch (index)
        {
            case 0:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums0 + FragmentRegisters.Operands + FragmentRegisters.Sums0 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 1:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums1 + FragmentRegisters.Operands + FragmentRegisters.Sums1 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 2:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums2 + FragmentRegisters.Operands + FragmentRegisters.Sums2 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 3:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums3 + FragmentRegisters.Operands + FragmentRegisters.Sums3 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 4:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums4 + FragmentRegisters.Operands + FragmentRegisters.Sums4 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 5:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums5 + FragmentRegisters.Operands + FragmentRegisters.Sums5 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            case 6:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums6 + FragmentRegisters.Operands + FragmentRegisters.Sums6 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
            default:
                CudaAsm.Emit(
                    Multiply + FragmentRegisters.Sums7 + FragmentRegisters.Operands + FragmentRegisters.Sums7 + ";",
                    a,
                    b,
                    c,
                    d,
                    first,
                    second
                );
                break;
        }
    }

    /// <inheritdoc/>
    public SumFragment<int> Sums(int index)
    {
        var (a, b, c, d) = (new Output<int>(), new Output<int>(), new Output<int>(), new Output<int>());
        switch (index)
        {
            case 0:
                CudaAsm.EmitRef(FragmentRegisters.Read0, ref a, ref b, ref c, ref d);
                break;
            case 1:
                CudaAsm.EmitRef(FragmentRegisters.Read1, ref a, ref b, ref c, ref d);
                break;
            case 2:
                CudaAsm.EmitRef(FragmentRegisters.Read2, ref a, ref b, ref c, ref d);
                break;
            case 3:
                CudaAsm.EmitRef(FragmentRegisters.Read3, ref a, ref b, ref c, ref d);
                break;
            case 4:
                CudaAsm.EmitRef(FragmentRegisters.Read4, ref a, ref b, ref c, ref d);
                break;
            case 5:
                CudaAsm.EmitRef(FragmentRegisters.Read5, ref a, ref b, ref c, ref d);
                break;
            case 6:
                CudaAsm.EmitRef(FragmentRegisters.Read6, ref a, ref b, ref c, ref d);
                break;
            default:
                CudaAsm.EmitRef(FragmentRegisters.Read7, ref a, ref b, ref c, ref d);
                break;
        }

        return new SumFragment<int>(a.Value, b.Value, c.Value, d.Value);
    }

    /// <inheritdoc/>
    public float ToFloat(int sum) => sum;
}
