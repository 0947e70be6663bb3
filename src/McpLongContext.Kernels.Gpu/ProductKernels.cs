using ILGPU;

namespace McpLongContext.Kernels.Gpu;

/// <summary>
/// y[row, output] = rowScale[row] * outputScale[output] * (x[row] · w[output]), tile by tile: a group copies the words of a
/// tile's rows and outputs to shared memory, a step after the other.
/// </summary>
internal static class ProductKernels
{
    /// <summary>Rows and outputs of a tile.</summary>
    public const int Tile = 64;

    /// <summary>Threads of a group whose threads have 4 x 4 sums each.</summary>
    public const int WordThreads = 256;

    /// <summary>Threads of a group of four warps, which have 32 x 32 sums each.</summary>
    public const int FragmentThreads = 128;

    /// <summary>Words of a step.</summary>
    private const int Step = 16;

    /// <summary>A stride of rows that lets a warp read a word of each row of a column from different banks.</summary>
    private const int WordStride = Step + 1;

    /// <summary>The same for 8 rows of 4 words.</summary>
    private const int FragmentStride = Step + 4;

    /// <summary>By products of words.</summary>
    public static void MultiplyWords<TProduct, TSum>(
        ArrayView<int> x,
        ArrayView<float> rowScales,
        ArrayView<int> w,
        ArrayView<float> outputScales,
        ArrayView<float> y
    )
        where TProduct : struct, IWordProduct<TSum>
        where TSum : unmanaged
    {
        var rows = SharedMemory.Allocate<int>(Tile * WordStride);
        var columns = SharedMemory.Allocate<int>(Tile * WordStride);
        var (firstRow, firstOutput) = (Grid.IdxY * Tile, Grid.IdxX * Tile);
        var words = (int)(x.Length / rowScales.Length);
        var (row, column) = (Group.IdxX / 16, Group.IdxX % 16);
        var zero = default(TSum);
        var sums0 = new SumFragment<TSum>(zero, zero, zero, zero);
        var sums1 = sums0;
        var sums2 = sums0;
        var sums3 = sums0;
        for (var start = 0; start < words; start += Step)
        {
            Load(x, rows, firstRow, rowScales.IntLength, words, start, WordStride);
            Load(w, columns, firstOutput, outputScales.IntLength, words, start, WordStride);
            Group.Barrier();
            for (var word = 0; word < Step; word++)
            {
                var w0 = columns[(column * WordStride) + word];
                var w1 = columns[((column + 16) * WordStride) + word];
                var w2 = columns[((column + 32) * WordStride) + word];
                var w3 = columns[((column + 48) * WordStride) + word];
                sums0 = Add<TProduct, TSum>(sums0, rows[(row * WordStride) + word], w0, w1, w2, w3);
                sums1 = Add<TProduct, TSum>(sums1, rows[((row + 16) * WordStride) + word], w0, w1, w2, w3);
                sums2 = Add<TProduct, TSum>(sums2, rows[((row + 32) * WordStride) + word], w0, w1, w2, w3);
                sums3 = Add<TProduct, TSum>(sums3, rows[((row + 48) * WordStride) + word], w0, w1, w2, w3);
            }

            Group.Barrier();
        }

        for (var i = 0; i < 4; i++)
        {
            var sums = i switch
            {
                0 => sums0,
                1 => sums1,
                2 => sums2,
                _ => sums3,
            };
            var at = firstRow + row + (16 * i);
            var output = firstOutput + column;
            var product = default(TProduct);
            Store(rowScales, outputScales, y, at, output, product.ToFloat(sums.UpperLeft));
            Store(rowScales, outputScales, y, at, output + 16, product.ToFloat(sums.UpperRight));
            Store(rowScales, outputScales, y, at, output + 32, product.ToFloat(sums.LowerLeft));
            Store(rowScales, outputScales, y, at, output + 48, product.ToFloat(sums.LowerRight));
        }
    }

    /// <summary>By products of fragments: a warp has two fragments of rows and four of outputs.</summary>
    public static void MultiplyFragments<TProduct, TSum>(
        ArrayView<int> x,
        ArrayView<float> rowScales,
        ArrayView<int> w,
        ArrayView<float> outputScales,
        ArrayView<float> y
    )
        where TProduct : struct, IFragmentProduct<TSum>
        where TSum : unmanaged
    {
        var rows = SharedMemory.Allocate<int>(Tile * FragmentStride);
        var columns = SharedMemory.Allocate<int>(Tile * FragmentStride);
        var (firstRow, firstOutput) = (Grid.IdxY * Tile, Grid.IdxX * Tile);
        var words = (int)(x.Length / rowScales.Length);
        var (warp, lane) = (Group.IdxX / 32, Group.IdxX % 32);
        var (warpRow, warpOutput) = (warp / 2 * 32, warp % 2 * 32);
        var (group, place) = (lane / 4, lane % 4);
        var product = default(TProduct);
        product.Clear();
        for (var start = 0; start < words; start += Step)
        {
            Load(x, rows, firstRow, rowScales.IntLength, words, start, FragmentStride);
            Load(w, columns, firstOutput, outputScales.IntLength, words, start, FragmentStride);
            Group.Barrier();
            for (var word = place; word < Step; word += 8)
            {
                var upper = Rows(rows, ((warpRow + group) * FragmentStride) + word);
                var lower = Rows(rows, ((warpRow + 16 + group) * FragmentStride) + word);
                var column = ((warpOutput + group) * FragmentStride) + word;
                product.Add(0, upper, columns[column], columns[column + 4]);
                product.Add(4, lower, columns[column], columns[column + 4]);
                column += 8 * FragmentStride;
                product.Add(1, upper, columns[column], columns[column + 4]);
                product.Add(5, lower, columns[column], columns[column + 4]);
                column += 8 * FragmentStride;
                product.Add(2, upper, columns[column], columns[column + 4]);
                product.Add(6, lower, columns[column], columns[column + 4]);
                column += 8 * FragmentStride;
                product.Add(3, upper, columns[column], columns[column + 4]);
                product.Add(7, lower, columns[column], columns[column + 4]);
            }

            Group.Barrier();
        }

        var (at, output) = (firstRow + warpRow + group, firstOutput + warpOutput + (2 * place));
        Store<TProduct, TSum>(rowScales, outputScales, y, at, output, product.Sums(0));
        Store<TProduct, TSum>(rowScales, outputScales, y, at, output + 8, product.Sums(1));
        Store<TProduct, TSum>(rowScales, outputScales, y, at, output + 16, product.Sums(2));
        Store<TProduct, TSum>(rowScales, outputScales, y, at, output + 24, product.Sums(3));
        Store<TProduct, TSum>(rowScales, outputScales, y, at + 16, output, product.Sums(4));
        Store<TProduct, TSum>(rowScales, outputScales, y, at + 16, output + 8, product.Sums(5));
        Store<TProduct, TSum>(rowScales, outputScales, y, at + 16, output + 16, product.Sums(6));
        Store<TProduct, TSum>(rowScales, outputScales, y, at + 16, output + 24, product.Sums(7));
    }

    /// <summary>Copies a step of a tile's rows to shared memory; zeros where the matrix ends.</summary>
    private static void Load(
        ArrayView<int> matrix,
        ArrayView<int> tile,
        int first,
        int count,
        int words,
        int start,
        int stride
    )
    {
        for (var i = Group.IdxX; i < Tile * Step; i += Group.DimX)
        {
            var (row, word) = (i / Step, i % Step);
            tile[(row * stride) + word] =
                first + row < count && start + word < words ? matrix[((long)(first + row) * words) + start + word] : 0;
        }
    }

    private static RowFragment Rows(ArrayView<int> rows, int at) =>
        new(rows[at], rows[at + (8 * FragmentStride)], rows[at + 4], rows[at + (8 * FragmentStride) + 4]);

    private static SumFragment<TSum> Add<TProduct, TSum>(SumFragment<TSum> sums, int x, int w0, int w1, int w2, int w3)
        where TProduct : struct, IWordProduct<TSum>
        where TSum : unmanaged
    {
        var product = default(TProduct);
        return new SumFragment<TSum>(
            product.Add(sums.UpperLeft, x, w0),
            product.Add(sums.UpperRight, x, w1),
            product.Add(sums.LowerLeft, x, w2),
            product.Add(sums.LowerRight, x, w3)
        );
    }

    private static void Store<TProduct, TSum>(
        ArrayView<float> rowScales,
        ArrayView<float> outputScales,
        ArrayView<float> y,
        int row,
        int output,
        SumFragment<TSum> sums
    )
        where TProduct : struct, IFragmentProduct<TSum>
        where TSum : unmanaged
    {
        var product = default(TProduct);
        Store(rowScales, outputScales, y, row, output, product.ToFloat(sums.UpperLeft));
        Store(rowScales, outputScales, y, row, output + 1, product.ToFloat(sums.UpperRight));
        Store(rowScales, outputScales, y, row + 8, output, product.ToFloat(sums.LowerLeft));
        Store(rowScales, outputScales, y, row + 8, output + 1, product.ToFloat(sums.LowerRight));
    }

    private static void Store(
        ArrayView<float> rowScales,
        ArrayView<float> outputScales,
        ArrayView<float> y,
        int row,
        int output,
        float sum
    )
    {
        if (row < rowScales.Length && output < outputScales.Length)
        {
            y[((long)row * outputScales.IntLength) + output] = rowScales[row] * outputScales[output] * sum;
        }
    }
}
