using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// cos(p f_i) and sin(p f_i) for positions p and the frequencies f_i of rotary position encoding (Su et al.,
/// arXiv 2104.09864), computed in double precision. Grows with the positions asked for.
/// </summary>
/// <remarks>Pages of <see cref="KeyValueCache.PageTokens"/> positions in the order of the cache's keys:
/// [panels, dimensions, columns], first cosines, then sines.</remarks>
public sealed unsafe class RotaryTable
{
    private readonly double[] _frequencies;
    private readonly float _factor;
    private readonly int _columns;
    private readonly List<AlignedArray<float>> _pages = [];

    /// <summary>Creates a table.</summary>
    /// <param name="frequencies">[headDim / 2] angles in radians per position.</param>
    /// <param name="factor">Multiplies every cosine and sine: YaRN's attention factor, 1 without.</param>
    public RotaryTable(ReadOnlySpan<double> frequencies, float factor)
        : this(frequencies, factor, GroupedQueryAttention.Columns) { }

    internal RotaryTable(ReadOnlySpan<double> frequencies, float factor, int columns)
    {
        _frequencies = frequencies.ToArray();
        _factor = factor;
        _columns = columns;
    }

    /// <summary>Pairs of dimensions that are rotated together: half of the head's dimensions.</summary>
    public int Pairs => _frequencies.Length;

    /// <summary>Positions that are prepared.</summary>
    public int Length => _pages.Count * KeyValueCache.PageTokens;

    internal int Columns => _columns;

    /// <summary>
    /// Prepares the positions 0 to <paramref name="positions"/> - 1. Not to be called beside readers.
    /// </summary>
    public void Extend(int positions)
    {
        while (Length < positions)
        {
            _pages.Add(Compute(_pages.Count * KeyValueCache.PageTokens));
        }
    }

    /// <summary>The first positions, <c>[positions, 2 * pairs]</c>: the cosines of a position's pairs, then the sines.
    /// </summary>
    /// <param name="positions">How many, at most <see cref="Length"/>.</param>
    public float[] ToArray(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Length);
        var table = new float[positions * 2 * Pairs];
        fixed (float* start = table)
        {
            for (var position = 0; position < positions; position++)
            {
                var target = start + (position * 2 * Pairs);
                Read(position, target, target + Pairs);
            }
        }

        return table;
    }

    /// <summary>Cosines of a page: [panels, pairs, columns].</summary>
    internal float* Cosines(int page) => _pages[page].Pointer;

    /// <summary>Sines of a page: [panels, pairs, columns].</summary>
    internal float* Sines(int page) => _pages[page].Pointer + (KeyValueCache.PageTokens * Pairs);

    /// <summary>Reads one position.</summary>
    internal void Read(int position, float* cosines, float* sines)
    {
        var (page, index) = Math.DivRem(position, KeyValueCache.PageTokens);
        var (panel, column) = Math.DivRem(index, _columns);
        var start = (panel * Pairs * _columns) + column;
        var c = Cosines(page) + start;
        var s = Sines(page) + start;
        for (var pair = 0; pair < Pairs; pair++, c += _columns, s += _columns)
        {
            cosines[pair] = *c;
            sines[pair] = *s;
        }
    }

    private AlignedArray<float> Compute(int firstPosition)
    {
        var page = new AlignedArray<float>(2 * KeyValueCache.PageTokens * Pairs);
        var cosines = page.Span[..(KeyValueCache.PageTokens * Pairs)];
        var sines = page.Span[cosines.Length..];
        for (var index = 0; index < KeyValueCache.PageTokens; index++)
        {
            var (panel, column) = Math.DivRem(index, _columns);
            for (var pair = 0; pair < Pairs; pair++)
            {
                var (sin, cos) = Math.SinCos((firstPosition + index) * _frequencies[pair]);
                var target = (((panel * Pairs) + pair) * _columns) + column;
                cosines[target] = (float)(cos * _factor);
                sines[target] = (float)(sin * _factor);
            }
        }

        return page;
    }
}
