namespace McpLongContext.Dashboard.Scanning;

/// <summary>
/// The mean and highest cost of the bytes of a file along their offsets, in a bounded number of columns: where there are
/// more bytes, two columns become one. One thread adds, others read.
/// </summary>
public sealed class CostProfile
{
    private const int MostColumns = 1024;

    private readonly Lock _gate = new();
    private readonly List<(double Sum, double Highest)> _columns = [];
    private long _bytes;

    /// <summary>Bytes of a column.</summary>
    public long BytesOfColumn { get; private set; } = 1;

    /// <summary>Adds the next byte.</summary>
    /// <param name="cost">The negative log-likelihood of the byte, in bits.</param>
    public void Add(double cost)
    {
        lock (_gate)
        {
            if (_bytes % BytesOfColumn != 0)
            {
                var (sum, highest) = _columns[^1];
                _columns[^1] = (sum + cost, Math.Max(highest, cost));
            }
            else
            {
                if (_columns.Count == MostColumns)
                {
                    Halve();
                }

                _columns.Add((cost, cost));
            }

            _bytes++;
        }
    }

    /// <summary>The columns so far.</summary>
    public CostColumns Columns()
    {
        lock (_gate)
        {
            var last = _bytes - (BytesOfColumn * (_columns.Count - 1));
            return new CostColumns(
                _bytes,
                BytesOfColumn,
                [.. _columns.Select((column, i) => column.Sum / (i + 1 < _columns.Count ? BytesOfColumn : last))],
                [.. _columns.Select(column => column.Highest)]
            );
        }
    }

    private void Halve()
    {
        for (var i = 0; i < MostColumns / 2; i++)
        {
            var (first, second) = (_columns[2 * i], _columns[(2 * i) + 1]);
            _columns[i] = (first.Sum + second.Sum, Math.Max(first.Highest, second.Highest));
        }

        _columns.RemoveRange(MostColumns / 2, MostColumns / 2);
        BytesOfColumn *= 2;
    }
}
