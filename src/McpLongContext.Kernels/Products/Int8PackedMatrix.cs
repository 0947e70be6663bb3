using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// A weight matrix [outputs, inputs] in int8 with one scale per output, w ~ scale * code with scale = max |w| / 127,
/// rearranged for <see cref="Int8MatrixProduct"/>: panels of <see cref="PanelWidth"/> outputs, each stored as
/// [words, PanelWidth], a word holding several successive inputs of one output; filled up with zeros.
/// </summary>
public sealed unsafe class Int8PackedMatrix
{
    private readonly AlignedArray<int> _panels;
    private readonly AlignedArray<int> _initial;
    private readonly AlignedArray<float> _scales;

    private Int8PackedMatrix(int outputs, int inputs, int panelWidth, int depth)
    {
        Outputs = outputs;
        Inputs = inputs;
        PanelWidth = panelWidth;
        Words = (inputs + depth - 1) / depth;
        _panels = new AlignedArray<int>((long)Panels * panelWidth * Words);
        _initial = new AlignedArray<int>(Panels * panelWidth);
        _scales = new AlignedArray<float>(Panels * panelWidth);
    }

    /// <summary>Rows of the weight matrix, the width of the product.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the weight matrix, the width of the left operand.</summary>
    public int Inputs { get; }

    /// <summary>Outputs in a panel: the columns of the register tile of this machine.</summary>
    internal int PanelWidth { get; }

    /// <summary>Words of 32 bits that hold the inputs of one output.</summary>
    internal int Words { get; }

    internal int Panels => (Outputs + PanelWidth - 1) / PanelWidth;

    /// <summary>Quantizes and packs for the integer products of this machine.</summary>
    /// <param name="weights">[outputs, inputs], row-major, finite.</param>
    /// <param name="outputs">Rows of <paramref name="weights"/>, positive.</param>
    /// <param name="inputs">Columns of <paramref name="weights"/>, positive, at most 65,536 so that no sum
    /// overflows.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="weights"/> is not outputs *
    /// inputs.</exception>
    public static Int8PackedMatrix Pack(ReadOnlySpan<float> weights, int outputs, int inputs)
    {
        if (VnniTile.IsSupported)
        {
            return Pack<VnniTile, ByteDotProduct512, Vector512<int>>(weights, outputs, inputs);
        }

        if (ByteDotProduct256.IsSupported)
        {
            return Pack<Tile6x2<ByteDotProduct256, int, Vector256<int>>, ByteDotProduct256, Vector256<int>>(
                weights,
                outputs,
                inputs
            );
        }

        if (ShortDotProduct512.IsSupported)
        {
            return Pack<Tile8x3<ShortDotProduct512, int, Vector512<int>>, ShortDotProduct512, Vector512<int>>(
                weights,
                outputs,
                inputs
            );
        }

        if (ShortDotProduct256.IsSupported)
        {
            return Pack<Tile6x2<ShortDotProduct256, int, Vector256<int>>, ShortDotProduct256, Vector256<int>>(
                weights,
                outputs,
                inputs
            );
        }

        return Pack<Tile8x2<ByteDotProduct128, int, Vector128<int>>, ByteDotProduct128, Vector128<int>>(
            weights,
            outputs,
            inputs
        );
    }

    internal static Int8PackedMatrix Pack<TTile, TDot, TVector>(ReadOnlySpan<float> weights, int outputs, int inputs)
        where TTile : ITile<int>
        where TDot : IDotProduct<TDot, TVector>
        where TVector : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputs, 65_536);
        Shape.Check(weights.Length, outputs, inputs, nameof(weights));
        var packed = new Int8PackedMatrix(outputs, inputs, TTile.Columns, TDot.Depth);
        var codes = new sbyte[inputs];
        var words = new int[packed.Words];
        for (var output = 0; output < outputs; output++)
        {
            var scale = packed._scales.Span.Slice(output, 1);
            Int8Vectors.Quantize(weights.Slice(output * inputs, inputs), codes, scale);
            Int8Words.Write<TDot, TVector>(codes, words);
            var (panel, column) = Math.DivRem(output, TTile.Columns);
            Scatter(words, packed._panels.Span[((panel * TTile.Columns * words.Length) + column)..], TTile.Columns);
            packed._initial.Span[output] = TDot.IsUnsigned ? -128 * Sum(codes) : 0;
        }

        return packed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter(ReadOnlySpan<int> words, Span<int> column, int stride)
    {
        for (var word = 0; word < words.Length; word++)
        {
            column[word * stride] = words[word];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Sum(ReadOnlySpan<sbyte> codes)
    {
        var sum = 0;
        foreach (var code in codes)
        {
            sum += code;
        }

        return sum;
    }

    /// <summary>The panel [Words, PanelWidth], aligned to a cache line; it does not move.</summary>
    internal int* Panel(int index) => _panels.Pointer + ((nint)index * PanelWidth * Words);

    /// <summary>[PanelWidth] what the sums of the panel start from.</summary>
    internal int* Initial(int panel) => _initial.Pointer + (panel * PanelWidth);

    /// <summary>[PanelWidth] the scales of the panel's outputs.</summary>
    internal float* Scales(int panel) => _scales.Pointer + (panel * PanelWidth);
}
