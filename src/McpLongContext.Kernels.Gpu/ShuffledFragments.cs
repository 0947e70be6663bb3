using ILGPU;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The same products without tensor cores: lanes read each other's words.</summary>
internal struct ShuffledFragments<TProduct, TSum> : IFragmentProduct<TSum>
    where TProduct : struct, IWordProduct<TSum>
    where TSum : unmanaged
{
    private SumFragment<TSum> _sums0;
    private SumFragment<TSum> _sums1;
    private SumFragment<TSum> _sums2;
    private SumFragment<TSum> _sums3;
    private SumFragment<TSum> _sums4;
    private SumFragment<TSum> _sums5;
    private SumFragment<TSum> _sums6;
    private SumFragment<TSum> _sums7;

    /// <inheritdoc/>
    public void Clear() => this = default;

    /// <inheritdoc/>
    public void Add(int index, RowFragment rows, int first, int second)
    {
        switch (index)
        {
            case 0:
                _sums0 = Add(_sums0, rows, first, second);
                break;
            case 1:
                _sums1 = Add(_sums1, rows, first, second);
                break;
            case 2:
                _sums2 = Add(_sums2, rows, first, second);
                break;
            case 3:
                _sums3 = Add(_sums3, rows, first, second);
                break;
            case 4:
                _sums4 = Add(_sums4, rows, first, second);
                break;
            case 5:
                _sums5 = Add(_sums5, rows, first, second);
                break;
            case 6:
                _sums6 = Add(_sums6, rows, first, second);
                break;
            default:
                _sums7 = Add(_sums7, rows, first, second);
                break;
        }
    }

    /// <inheritdoc/>
    public readonly SumFragment<TSum> Sums(int index) =>
        index switch
        {
            0 => _sums0,
            1 => _sums1,
            2 => _sums2,
            3 => _sums3,
            4 => _sums4,
            5 => _sums5,
            6 => _sums6,
            _ => _sums7,
        };

    /// <inheritdoc/>
    public readonly float ToFloat(TSum sum) => default(TProduct).ToFloat(sum);

    private static SumFragment<TSum> Add(SumFragment<TSum> sums, RowFragment rows, int first, int second)
    {
        var (row, column) = (Warp.LaneIdx / 4 * 4, Warp.LaneIdx % 4 * 8);
        var (a, b, c, d) = (sums.UpperLeft, sums.UpperRight, sums.LowerLeft, sums.LowerRight);
        for (var word = 0; word < 4; word++)
        {
            var (upper, lower) = (Warp.Shuffle(rows.Upper, row + word), Warp.Shuffle(rows.Lower, row + word));
            var left = Warp.Shuffle(first, column + word);
            var right = Warp.Shuffle(first, column + 4 + word);
            a = default(TProduct).Add(a, upper, left);
            b = default(TProduct).Add(b, upper, right);
            c = default(TProduct).Add(c, lower, left);
            d = default(TProduct).Add(d, lower, right);
            upper = Warp.Shuffle(rows.UpperRight, row + word);
            lower = Warp.Shuffle(rows.LowerRight, row + word);
            left = Warp.Shuffle(second, column + word);
            right = Warp.Shuffle(second, column + 4 + word);
            a = default(TProduct).Add(a, upper, left);
            b = default(TProduct).Add(b, upper, right);
            c = default(TProduct).Add(c, lower, left);
            d = default(TProduct).Add(d, lower, right);
        }

        return new SumFragment<TSum>(a, b, c, d);
    }
}
