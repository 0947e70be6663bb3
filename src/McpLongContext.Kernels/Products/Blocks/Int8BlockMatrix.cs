using System.Runtime.CompilerServices;

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
        Span<sbyte> codes = stackalloc sbyte[BlockInputs];
        for (var block = 0; block < Blocks; block++)
        {
            var target = Panel(panel) + ((nint)block * BlockBytes);
            var scales = (float*)(target + CodeBytes);
            var start = block * BlockInputs;
            for (var row = 0; row < PanelOutputs; row++)
            {
                codes.Clear();
                if (row < rows)
                {
                    var width = Math.Min(BlockInputs, Inputs - start);
                    scales[row] = Quantize(weights.Slice((row * Inputs) + start, width), codes);
                }

                for (var i = 0; i < BlockInputs; i++)
                {
                    target[(((i / 4 * PanelOutputs) + row) * 4) + (i % 4)] = (byte)(codes[i] + 128);
                }
            }
        }
    }

    /// <summary>The panel's blocks, aligned to a cache line; it does not move.</summary>
    internal byte* Panel(int index) => _panels[index / ChunkPanels].Pointer + (index % ChunkPanels * PanelBytes);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Quantize(ReadOnlySpan<float> weights, Span<sbyte> codes)
    {
        var max = 0f;
        foreach (var weight in weights)
        {
            max = MathF.Max(max, MathF.Abs(weight));
        }

        // Below the smallest normal number the factor would overflow; such weights are zero to every product.
        var factor = max < 1e-30f ? 0 : 127 / max;
        for (var i = 0; i < weights.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round(weights[i] * factor);
        }

        return max / 127;
    }
}
