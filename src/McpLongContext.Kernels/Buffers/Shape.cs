namespace McpLongContext.Kernels.Buffers;

/// <summary>Checks of span lengths against shapes: after them the kernels run on pointers.</summary>
internal static class Shape
{
    public static void Check(int length, int rows, int columns, string name)
    {
        if (length != (long)rows * columns)
        {
            throw new ArgumentException(
                $"{name} has {length} elements where the shape [{rows}, {columns}] needs {(long)rows * columns}.",
                name
            );
        }
    }

    public static void Check(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{name} has {length} elements where {expected} are needed.", name);
        }
    }

    /// <summary>
    /// The rows of a matrix of <paramref name="columns"/> columns that fills <paramref name="length"/>.
    /// </summary>
    public static int Rows(int length, int columns, string name)
    {
        var (rows, rest) = Math.DivRem(length, columns);
        return rest == 0
            ? rows
            : throw new ArgumentException(
                $"{name} has {length} elements, not a multiple of the row length {columns}.",
                name
            );
    }

    /// <summary>Checks that offsets ascend and span <paramref name="count"/> vectors.</summary>
    public static void Check(ReadOnlySpan<int> offsets, int count)
    {
        if (offsets.IsEmpty || (long)offsets[^1] - offsets[0] != count)
        {
            var found = offsets.IsEmpty ? 0 : (long)offsets[^1] - offsets[0];
            throw new ArgumentException($"offsets span {found} vectors where {count} are given.", nameof(offsets));
        }

        for (var i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1])
            {
                throw new ArgumentException(
                    $"offsets descend from {offsets[i - 1]} to {offsets[i]} at {i}.",
                    nameof(offsets)
                );
            }
        }
    }
}
