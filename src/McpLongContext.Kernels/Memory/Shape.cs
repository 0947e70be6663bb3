namespace McpLongContext.Kernels;

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

    /// <summary>The rows of a matrix of <paramref name="columns"/> columns that fills <paramref name="length"/>.</summary>
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

    /// <summary>Checks that passages lie within <paramref name="tokens"/> vectors.</summary>
    public static void Check(ReadOnlySpan<TokenRange> passages, int tokens)
    {
        foreach (var passage in passages)
        {
            if (passage.Start < 0 || passage.Count < 0 || passage.Start > tokens - passage.Count)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(passages),
                    $"{passage} does not lie within the {tokens} vectors given."
                );
            }
        }
    }
}
