using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// A weight matrix [outputs, inputs] in int8 with a scale per output and block of <see cref="BlockInputs"/> inputs,
/// w ~ scale * code with scale = max |w| / 127 over the block: what types of checkpoints with blocks of 32 and up to 8
/// bits hold, without loss. One panel after the other, for <see cref="Int8BlockProduct"/>.
/// </summary>
/// <remarks>
/// A panel holds <see cref="PanelOutputs"/> outputs as [blocks], each block 576 bytes: codes
/// [<see cref="BlockWords"/>, 16, 4] (word after word of 4 inputs for all outputs), then scales [16] in fp32. Codes are
/// stored plus 128, unsigned, as the byte products of x86 demand of one operand. The layout is the same on every
/// machine, and one stream from RAM serves a panel.
/// </remarks>
public sealed unsafe class Int8BlockMatrix
{
    /// <summary>Inputs that share a scale.</summary>
    public const int BlockInputs = 32;

    /// <summary>Outputs in a panel.</summary>
    public const int PanelOutputs = 16;

    private const int CacheLine = 64;

    internal const int BlockWords = BlockInputs / sizeof(int);
    internal const int CodeBytes = BlockInputs * PanelOutputs;
    internal const int BlockBytes = CodeBytes + (PanelOutputs * sizeof(float));

    /// <summary>
    /// Arrays of at most 1 GiB: a large vocabulary times a large state is more than one array can hold.
    /// </summary>
    private readonly AlignedArray<byte>[] _arrays;

    private readonly MappedFile? _file;
    private readonly long _offset;

    /// <summary>Creates a matrix of zeros, to be filled by <see cref="SetPanel"/>.</summary>
    /// <param name="outputs">Rows of the weight matrix, positive.</param>
    /// <param name="inputs">Columns of the weight matrix, positive.</param>
    public Int8BlockMatrix(int outputs, int inputs)
        : this(outputs, inputs, file: null, offset: 0)
    {
        ArrayPanels = (int)Math.Clamp((1L << 30) / PanelBytes, 1, Panels);
        _arrays = new AlignedArray<byte>[(Panels + ArrayPanels - 1) / ArrayPanels];
        for (var i = 0; i < _arrays.Length; i++)
        {
            _arrays[i] = new AlignedArray<byte>(Math.Min(ArrayPanels, Panels - (i * ArrayPanels)) * PanelBytes);
        }
    }

    private Int8BlockMatrix(int outputs, int inputs, MappedFile? file, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Outputs = outputs;
        Inputs = inputs;
        Blocks = (inputs + BlockInputs - 1) / BlockInputs;
        Panels = (outputs + PanelOutputs - 1) / PanelOutputs;
        PanelBytes = (long)Blocks * BlockBytes;
        _arrays = [];
        _file = file;
        _offset = offset;
    }

    /// <summary>Rows of the weight matrix, the width of the product.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the weight matrix, the width of the left operand.</summary>
    public int Inputs { get; }

    /// <summary>Panels of <see cref="PanelOutputs"/> outputs; the last one may be filled up with zeros.</summary>
    public int Panels { get; }

    /// <summary>Blocks of an output; the last one may be filled up with zeros.</summary>
    internal int Blocks { get; }

    /// <summary>The length of what <see cref="WriteTo"/> writes, a multiple of a cache line.</summary>
    public long Bytes => Panels * PanelBytes;

    private long PanelBytes { get; }

    private int ArrayPanels { get; }

    /// <summary>The <see cref="Bytes"/> of a matrix of this shape.</summary>
    /// <param name="outputs">Rows of the weight matrix, positive.</param>
    /// <param name="inputs">Columns of the weight matrix, positive.</param>
    public static long BytesOf(int outputs, int inputs) => new Int8BlockMatrix(outputs, inputs, file: null, 0).Bytes;

    /// <summary>A matrix that stays where it was written, in a file.</summary>
    /// <param name="file">The file; its owner keeps it mapped while the matrix is in use.</param>
    /// <param name="offset">Where the matrix begins: a multiple of a cache line.</param>
    /// <param name="outputs">Rows of the weight matrix, positive.</param>
    /// <param name="inputs">Columns of the weight matrix, positive.</param>
    /// <exception cref="ArgumentException">
    /// The matrix would begin amid a cache line, or is not all inside the file.
    /// </exception>
    public static Int8BlockMatrix Map(MappedFile file, long offset, int outputs, int inputs)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (offset % CacheLine != 0)
        {
            throw new ArgumentException($"{offset} is not a multiple of {CacheLine}.", nameof(offset));
        }

        var matrix = new Int8BlockMatrix(outputs, inputs, file, offset);
        _ = file.Pointer(offset, matrix.Bytes);
        return matrix;
    }

    /// <summary>Quantizes the outputs of a panel. Different panels may be set by different threads.</summary>
    /// <param name="panel">0 to <see cref="Panels"/> - 1.</param>
    /// <param name="weights">
    /// [outputs of the panel, inputs], row-major, finite: <see cref="PanelOutputs"/> rows, in the last panel what is
    /// left.
    /// </param>
    /// <exception cref="ArgumentException">The length of <paramref name="weights"/> is another.</exception>
    /// <exception cref="InvalidOperationException">The matrix lies in a file, which is only read.</exception>
    public void SetPanel(int panel, ReadOnlySpan<float> weights)
    {
        if (_file is not null)
        {
            throw new InvalidOperationException("The matrix lies in a file, which is only read.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(panel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(panel, Panels);
        var rows = Math.Min(PanelOutputs, Outputs - (panel * PanelOutputs));
        Shape.Check(weights.Length, rows, Inputs, nameof(weights));
        var edge = stackalloc float[BlockInputs];
        var codes = stackalloc int[BlockWords];
        fixed (float* source = weights)
        {
            for (var block = 0; block < Blocks; block++)
            {
                var target = (int*)(Panel(panel) + ((nint)block * BlockBytes));
                var scales = (float*)((byte*)target + CodeBytes);
                var start = block * BlockInputs;
                var width = Math.Min(BlockInputs, Inputs - start);
                for (var row = 0; row < PanelOutputs; row++)
                {
                    var x = source + ((nint)row * Inputs) + start;
                    if (width < BlockInputs || row >= rows)
                    {
                        new Span<float>(edge, BlockInputs).Clear();
                        new ReadOnlySpan<float>(x, row < rows ? width : 0).CopyTo(new Span<float>(edge, BlockInputs));
                        x = edge;
                    }

                    scales[row] = Int8Block.Quantize(x, (sbyte*)codes);
                    for (var word = 0; word < BlockWords; word++)
                    {
                        // Adding 128 to a byte flips its top bit.
                        target[(word * PanelOutputs) + row] = codes[word] ^ unchecked((int)0x80808080);
                    }
                }
            }
        }
    }

    /// <summary>Writes the panels as they lie in RAM, for <see cref="Map"/>.</summary>
    /// <param name="stream">Where to.</param>
    /// <exception cref="InvalidOperationException">The matrix lies in a file already.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_file is not null)
        {
            throw new InvalidOperationException("The matrix lies in a file already.");
        }

        foreach (var array in _arrays)
        {
            stream.Write(array.Span);
        }
    }

    /// <summary>CRC-32C of what <see cref="WriteTo"/> writes.</summary>
    public uint Checksum()
    {
        var state = uint.MaxValue;
        for (var panel = 0; panel < Panels; panel++)
        {
            state = Crc32C.Update(state, new ReadOnlySpan<byte>(Panel(panel), (int)PanelBytes));
        }

        return ~state;
    }

    /// <summary>The panel's blocks, aligned to a cache line; it does not move.</summary>
    internal byte* Panel(int index) =>
        _file is null
            ? _arrays[index / ArrayPanels].Pointer + (index % ArrayPanels * PanelBytes)
            : _file.Pointer(_offset + (index * PanelBytes), PanelBytes);
}
