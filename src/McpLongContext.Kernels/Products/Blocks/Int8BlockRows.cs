using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// The left operand of an <see cref="Int8BlockProduct"/>: X [rows, inputs] in int8 with a scale per row and block of 32
/// inputs, x ~ scale * code with scale = max |x| / 127 over the block. A buffer that is filled again and again.
/// </summary>
public sealed unsafe class Int8BlockRows
{
    /// <summary>Where a record holds the block's scale, in fp32.</summary>
    internal const int ScaleAt = Int8BlockMatrix.BlockInputs;

    /// <summary>
    /// Where a record holds -128 times the sum of the block's codes, in 32 bits: what undoes the 128 in the weights'
    /// codes.
    /// </summary>
    internal const int OffsetAt = ScaleAt + sizeof(float);

    /// <summary>Bytes of a record.</summary>
    internal const int RecordBytes = OffsetAt + sizeof(int);

    private AlignedArray<sbyte> _records = new(0);

    /// <summary>Rows in use.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns of X.</summary>
    public int Inputs { get; private set; }

    internal int Blocks { get; private set; }

    /// <summary>[rows, blocks] records: the block's 32 codes, filled up with zeros, its scale and its offset.</summary>
    internal sbyte* Records => _records.Pointer;

    /// <summary>
    /// Makes room for a matrix, whose rows <see cref="Quantize(ReadOnlySpan{float}, int, int)"/> then fills.
    /// </summary>
    /// <param name="rows">Rows of X.</param>
    /// <param name="inputs">Columns of X, positive.</param>
    public void Resize(int rows, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Rows = rows;
        Inputs = inputs;
        Blocks = (inputs + Int8BlockMatrix.BlockInputs - 1) / Int8BlockMatrix.BlockInputs;
        var bytes = checked(rows * Blocks * RecordBytes);
        if (_records.Length < bytes)
        {
            _records = new AlignedArray<sbyte>(bytes);
        }
    }

    /// <summary>Quantizes some rows. Different rows may be quantized by different threads.</summary>
    /// <param name="x">[rows, inputs]: all of X, finite.</param>
    /// <param name="firstRow">The first to quantize.</param>
    /// <param name="rows">How many.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="x"/> is not that of the shape.</exception>
    public void Quantize(ReadOnlySpan<float> x, int firstRow, int rows)
    {
        if (Simd512.IsSupported)
        {
            Quantize<Simd512, Vector512<float>>(x, firstRow, rows);
        }
        else if (Simd256.IsSupported)
        {
            Quantize<Simd256, Vector256<float>>(x, firstRow, rows);
        }
        else
        {
            Quantize<Simd128, Vector128<float>>(x, firstRow, rows);
        }
    }

    internal void Quantize<TSimd, TVector>(ReadOnlySpan<float> x, int firstRow, int rows)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        Shape.Check(x.Length, Rows, Inputs, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Rows - firstRow);
        const int Size = Int8BlockMatrix.BlockInputs;
        var edge = stackalloc float[Size];
        var whole = Inputs / Size;
        fixed (float* start = x)
        {
            for (var row = firstRow; row < firstRow + rows; row++)
            {
                var source = start + ((nint)row * Inputs);
                var first = (nint)row * Blocks;
                for (var block = 0; block < whole; block++)
                {
                    QuantizeBlock<TSimd, TVector>(source + (block * Size), first + block);
                }

                if (whole < Blocks)
                {
                    new Span<float>(edge, Size).Clear();
                    new ReadOnlySpan<float>(source + (whole * Size), Inputs - (whole * Size)).CopyTo(
                        new Span<float>(edge, Size)
                    );
                    QuantizeBlock<TSimd, TVector>(edge, first + whole);
                }
            }
        }
    }

    private void QuantizeBlock<TSimd, TVector>(float* x, nint block)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var codes = _records.Pointer + (block * RecordBytes);
        *(float*)(codes + ScaleAt) = Int8Block.Quantize<TSimd, TVector>(x, codes);
        TVector sums = default;
        for (var i = 0; i < Int8BlockMatrix.BlockInputs; i += TSimd.Lanes)
        {
            sums = TSimd.Add(sums, TSimd.Load(codes + i));
        }

        *(int*)(codes + OffsetAt) = -128 * (int)TSimd.Sum(sums);
    }
}
