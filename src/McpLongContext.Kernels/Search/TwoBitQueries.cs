using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Search;

/// <summary>
/// Vectors that <see cref="TwoBitCodes"/> are multiplied by, in int8 with a scale each, q ~ scale * code with scale =
/// max |q| / 127: filled up with zeros to vectors and fours of queries.
/// </summary>
public sealed unsafe class TwoBitQueries
{
    private readonly AlignedArray<sbyte> _codes;
    private readonly AlignedArray<float> _scales;
    private readonly AlignedArray<int> _initialTotals;

    /// <summary>Quantizes queries.</summary>
    /// <param name="queries">[count, dimensions], finite.</param>
    /// <param name="dimensions">A positive multiple of 8.</param>
    /// <exception cref="ArgumentException">The length or the dimensions do not fit.</exception>
    public TwoBitQueries(ReadOnlySpan<float> queries, int dimensions)
    {
        Size = BinaryCodes.Size(dimensions);
        Count = Shape.Rows(queries.Length, dimensions, nameof(queries));
        Width = (dimensions + TwoBitCodes.Chunk - 1) / TwoBitCodes.Chunk * TwoBitCodes.Chunk;
        var padded = Blocks * TwoBitCodes.QueriesAtOnce;
        _codes = new AlignedArray<sbyte>((long)padded * Width);
        _scales = new AlignedArray<float>(padded);
        _initialTotals = new AlignedArray<int>(padded);
        for (var q = 0; q < Count; q++)
        {
            var code = _codes.Span.Slice(q * Width, dimensions);
            Int8Vectors.Quantize(queries.Slice(q * dimensions, dimensions), code, _scales.Span.Slice(q, 1));
            foreach (var value in code)
            {
                _initialTotals.Span[q] -= TwoBitLevels.Bias * value;
            }
        }
    }

    /// <summary>The number of queries.</summary>
    public int Count { get; }

    /// <summary>Bytes of a plane of a code.</summary>
    internal int Size { get; }

    /// <summary>Bytes of a query: the dimensions, filled up to chunks.</summary>
    internal int Width { get; }

    /// <summary>Groups of four queries.</summary>
    internal int Blocks => (Count + TwoBitCodes.QueriesAtOnce - 1) / TwoBitCodes.QueriesAtOnce;

    /// <summary>[4 Blocks, Width]; it does not move while this object is reachable.</summary>
    internal sbyte* Codes => _codes.Pointer;

    /// <summary>[4 Blocks].</summary>
    internal float* Scales => _scales.Pointer;

    /// <summary>[4 Blocks] what the sums start from, as levels are summed with their bias.</summary>
    internal int* InitialTotals => _initialTotals.Pointer;

    /// <summary>The queries as they count, <c>[count, dimensions]</c>: scale * code.</summary>
    public float[] Dequantize()
    {
        var dimensions = Size * 8;
        var rounded = new float[Count * dimensions];
        for (var q = 0; q < Count; q++)
        {
            Int8Vectors.Add(
                _codes.Span.Slice(q * Width, dimensions),
                _scales.Span[q],
                rounded.AsSpan(q * dimensions, dimensions)
            );
        }

        return rounded;
    }
}
