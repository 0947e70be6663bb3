namespace McpLongContext.Kernels;

/// <summary>
/// A weight matrix [outputs, inputs] in int8 with a scale per output and block of <see cref="BlockInputs"/> inputs,
/// w ~ scale * code with scale = max |w| / 127 over the block: what types of checkpoints with blocks of 32 and up to 8
/// bits hold, without loss. One panel after the other, for <see cref="Int8BlockProduct"/>.
/// </summary>
/// <remarks>
/// A panel holds <see cref="PanelOutputs"/> outputs as [blocks], each block 576 bytes: codes
/// [<see cref="BlockWords"/>, 16, 4] (word after word of 4 inputs for all outputs), then scales [16] in fp32. Codes are
/// stored plus 128, unsigned, as the byte products of x86 demand of one operand. The layout is the same on every
/// machine, and one stream from memory serves a panel.
/// </remarks>
public sealed unsafe class Int8BlockMatrix
{
    /// <summary>Inputs that share a scale.</summary>
    public const int BlockInputs = 32;

    /// <summary>Outputs in a panel.</summary>
    public const int PanelOutputs = 16;

    internal const int BlockWords = BlockInputs / sizeof(int);
    internal const int CodeBytes = BlockInputs * PanelOutputs;
    internal const int BlockBytes = CodeBytes + (PanelOutputs * sizeof(float));

    private readonly AlignedArray<byte>[] _panels;

    /// <summary>Creates a matrix of zeros, to be filled by <see cref="SetPanel"/>.</summary>
    /// <param name="outputs">Rows of the weight matrix, positive.</param>
    /// <param name="inputs">Columns of the weight matrix, positive.</param>
    public Int8BlockMatrix(int outputs, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Outputs = outputs;
        Inputs = inputs;
        Blocks = (inputs + BlockInputs - 1) / BlockInputs;
        Panels = (outputs + PanelOutputs - 1) / PanelOutputs;

        // Arrays of at most 1 GiB: a large vocabulary times a large state is more than one array can hold.
        PanelBytes = (long)Blocks * BlockBytes;
        ChunkPanels = (int)Math.Clamp((1L << 30) / PanelBytes, 1, Panels);
        _panels = new AlignedArray<byte>[(Panels + ChunkPanels - 1) / ChunkPanels];
        for (var i = 0; i < _panels.Length; i++)
        {
            _panels[i] = new AlignedArray<byte>(Math.Min(ChunkPanels, Panels - (i * ChunkPanels)) * PanelBytes);
        }
    }

    /// <summary>Rows of the weight matrix, the width of the product.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the weight matrix, the width of the left operand.</summary>
    public int Inputs { get; }

    /// <summary>Panels of <see cref="PanelOutputs"/> outputs; the last one may be filled up with zeros.</summary>
    public int Panels { get; }

    /// <summary>Blocks of an output; the last one may be filled up with zeros.</summary>
    internal int Blocks { get; }

    private long PanelBytes { get; }

    private int ChunkPanels { get; }

    /// <summary>Quantises the outputs of a panel. Different panels may be set by different threads.</summary>
    /// <param name="panel">0 to <see cref="Panels"/> - 1.</param>
    /// <param name="weights">
    /// [outputs of the panel, inputs], row-major, finite: <see cref="PanelOutputs"/> rows, in the last panel what is left.
    /// </param>
    /// <exception cref="ArgumentException">The length of <paramref name="weights"/> is another.</exception>
    public void SetPanel(int panel, ReadOnlySpan<float> weights)
    {
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

    /// <summary>The panel's blocks, aligned to a cache line; it does not move.</summary>
    internal byte* Panel(int index) => _panels[index / ChunkPanels].Pointer + (index % ChunkPanels * PanelBytes);
}
