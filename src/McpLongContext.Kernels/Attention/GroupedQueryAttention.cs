using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// softmax(scale R(Q) R(K)^T) V, each token seeing itself and those before it, several query heads sharing a KV
/// head (Ainslie et al., arXiv 2305.13245), R the rotation of the pairs (i, i + headDim / 2) by position (Su et al.,
/// arXiv 2104.09864).
/// </summary>
/// <remarks>
/// Keys are rotated while they are read, a page at a time for many queries: four operations a vector of keys, which is
/// little beside the products. The softmax goes over the pages with a running maximum and sum (Milakov and Gimelshein,
/// arXiv 1805.02867), so that the scores of a strip of queries never leave the cache.
/// </remarks>
public static unsafe class GroupedQueryAttention
{
    private const int Page = KeyValueCache.PageTokens;

    /// <summary>Columns of this machine's tile.</summary>
    internal static int Columns =>
        Simd512.IsSupported ? 32
        : Simd256.IsSupported ? 16
        : 8;

    /// <summary>Attends some tokens of a block, in the query heads of one KV head.</summary>
    /// <param name="queries">[block's tokens, heads, headDim], not rotated.</param>
    /// <param name="cache">Keys and values up to the block's last token.</param>
    /// <param name="rotary">
    /// The rotation, extended to the cache's length; <see langword="null"/> where positions are added to embeddings.
    /// </param>
    /// <param name="scale">Of the scores, 1 / sqrt(headDim) as a rule.</param>
    /// <param name="window">Tokens that each token sees at most, itself included.</param>
    /// <param name="part">The part to compute. Different parts may be computed by different threads.</param>
    /// <param name="output">[block's tokens, heads, headDim]; only the part is written.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Attend(
        ReadOnlySpan<float> queries,
        KeyValueCache cache,
        RotaryTable? rotary,
        float scale,
        int window,
        AttentionPart part,
        Span<float> output
    ) => AttendRun(GroupedQueryRun.Create(queries, cache, rotary, scale, window, part, Columns), queries, output);

    /// <summary>
    /// Attends a block of tokens in all heads, of which each has its own keys and values; positions are added to
    /// embeddings. The cache has the block's keys and values already.
    /// </summary>
    /// <param name="queryKeyValue">[block's tokens, 3, heads, headDim], of which the queries are read.</param>
    /// <param name="cache">Keys and values up to the block's last token; every token sees all before it.</param>
    /// <param name="scale">Of the scores, 1 / sqrt(headDim) as a rule.</param>
    /// <param name="output">[block's tokens, heads, headDim].</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void AttendProjected(
        ReadOnlySpan<float> queryKeyValue,
        KeyValueCache cache,
        float scale,
        Span<float> output
    )
    {
        ArgumentNullException.ThrowIfNull(cache);
        var tokens = Shape.Rows(queryKeyValue.Length, 3 * cache.Heads * cache.HeadDim, nameof(queryKeyValue));
        Shape.Check(output.Length, tokens * cache.Heads * cache.HeadDim, nameof(output));
        if (tokens == 0)
        {
            return;
        }

        if (tokens > cache.Count)
        {
            throw new ArgumentException(
                $"a block of {tokens} tokens in a cache of {cache.Count}.",
                nameof(queryKeyValue)
            );
        }

        for (var head = 0; head < cache.Heads; head++)
        {
            var part = new AttentionPart(tokens, head, 0, tokens);
            var run = GroupedQueryRun.Create(queryKeyValue, cache, null, scale, int.MaxValue, part, Columns, parts: 3);
            AttendRun(run, queryKeyValue, output);
        }
    }

    private static void AttendRun(GroupedQueryRun run, ReadOnlySpan<float> queries, Span<float> output)
    {
        if (Simd512.IsSupported)
        {
            AttendRun<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(run, queries, output);
        }
        else if (Simd256.IsSupported)
        {
            AttendRun<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(run, queries, output);
        }
        else
        {
            AttendRun<Tile8x2<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(run, queries, output);
        }
    }

    internal static void AttendRun<TTile, TSimd, TVector>(
        GroupedQueryRun run,
        ReadOnlySpan<float> queries,
        Span<float> output
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        Shape.Check(
            output.Length,
            run.Part.BlockTokens * run.Cache.Heads * run.QueryHeadsPerKvHead * run.HeadDim,
            nameof(output)
        );
        if (run.Rows == 0)
        {
            return;
        }

        var rented = ArrayPool<float>.Shared.Rent(run.ScratchSize(TTile.Rows));
        fixed (
            float* scratch = rented,
                q = queries,
                y = output
        )
        {
            var buffers = new GroupedQueryBuffers(run, TTile.Rows, scratch);
            var rows = buffers.Queries;
            var stride = run.HeadDim;
            if (run.Rotary is null && run.QueryHeadsPerKvHead == 1)
            {
                rows = q + run.QueryOffsetOf(0);
                stride = run.QueryStride;
            }
            else
            {
                GatherQueries<TSimd, TVector>(run, q, buffers);
            }

            for (var page = run.FirstPage; page <= run.LastPage; page++)
            {
                var keys = RotatedKeys<TSimd, TVector>(run, page, buffers.Keys);
                for (var row = 0; row < run.Rows; row += TTile.Rows)
                {
                    var strip = rows + ((nint)row * stride);
                    AttendStrip<TTile, TSimd, TVector>(run, page, row, strip, stride, keys, buffers);
                }
            }

            for (var row = 0; row < run.Rows; row++)
            {
                var target = y + run.OffsetOf(row);
                Scale<TSimd, TVector>(buffers.Sums + (row * run.HeadDim), run.HeadDim, 1 / buffers.Totals[row], target);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
        GC.KeepAlive(run);
    }

    /// <summary>The part's queries, rotated, as rows [tokens, query heads of the KV head, headDim].</summary>
    private static void GatherQueries<TSimd, TVector>(GroupedQueryRun run, float* queries, GroupedQueryBuffers buffers)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var pairs = run.HeadDim / 2;
        for (var row = 0; row < run.Rows; row++)
        {
            var source = queries + run.QueryOffsetOf(row);
            var target = buffers.Queries + (row * run.HeadDim);
            if (run.Rotary is null)
            {
                new ReadOnlySpan<float>(source, run.HeadDim).CopyTo(new Span<float>(target, run.HeadDim));
                continue;
            }

            if (row % run.QueryHeadsPerKvHead == 0)
            {
                run.Rotary.Read(run.PositionOf(row), buffers.Cosines, buffers.Cosines + pairs);
            }

            Rotate<TSimd, TVector>(source, buffers.Cosines, buffers.Cosines + pairs, pairs, target);
        }
    }

    /// <summary>
    /// The keys of a page, rotated by their positions, in the cache's order [panels, headDim, columns].
    /// </summary>
    private static float* RotatedKeys<TSimd, TVector>(GroupedQueryRun run, int page, float* buffer)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        if (run.Rotary is null)
        {
            return run.Cache.Keys(run.Part.KeyValueHead, page);
        }

        var tokens = Math.Min(Page, run.Cache.Count - (page * Page));
        var columns = run.Cache.Columns;
        var half = columns * run.HeadDim / 2;
        var source = run.Cache.Keys(run.Part.KeyValueHead, page);
        var cosines = run.Rotary.Cosines(page);
        var sines = run.Rotary.Sines(page);
        var target = buffer;
        for (var token = 0; token < tokens; token += columns)
        {
            Rotate<TSimd, TVector>(source, cosines, sines, half, target);
            source += 2 * half;
            target += 2 * half;
            cosines += half;
            sines += half;
        }

        return buffer;
    }

    /// <summary>
    /// (a, b) = (a cos - b sin, b cos + a sin) with a the first <paramref name="half"/> of the vector, b the second.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rotate<TSimd, TVector>(float* source, float* cosines, float* sines, int half, float* target)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var i = 0;
        for (; i <= half - TSimd.Lanes; i += TSimd.Lanes)
        {
            var (a, b) = (TSimd.Load(source + i), TSimd.Load(source + half + i));
            var (cos, sin) = (TSimd.Load(cosines + i), TSimd.Load(sines + i));
            TSimd.Store(TSimd.Subtract(TSimd.Multiply(a, cos), TSimd.Multiply(b, sin)), target + i);
            TSimd.Store(TSimd.MultiplyAdd(a, sin, TSimd.Multiply(b, cos)), target + half + i);
        }

        for (; i < half; i++)
        {
            var (a, b) = (source[i], source[half + i]);
            target[i] = (a * cosines[i]) - (b * sines[i]);
            target[half + i] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    /// <summary>Adds what the keys of a page give to some rows.</summary>
    private static void AttendStrip<TTile, TSimd, TVector>(
        GroupedQueryRun run,
        int page,
        int firstRow,
        float* queries,
        nint queryStride,
        float* pageKeys,
        GroupedQueryBuffers buffers
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var rows = Math.Min(TTile.Rows, run.Rows - firstRow);
        var firstKey = page * Page;
        var visible = Math.Min(Page, run.PositionOf(firstRow + rows - 1) + 1 - firstKey);
        if (visible <= 0 || firstKey + Page <= run.FirstKeyOf(firstRow))
        {
            return;
        }

        var zero = stackalloc float[TTile.Columns];
        new Span<float>(zero, TTile.Columns).Clear();
        for (var column = 0; column < visible; column += TTile.Columns)
        {
            var keys = pageKeys + (column * run.HeadDim);
            TTile.Multiply(queries, queryStride, rows, keys, run.HeadDim, zero, buffers.Scores + column, Page);
        }

        for (var row = 0; row < rows; row++)
        {
            buffers.Factors[row] = Weigh<TSimd, TVector>(
                run,
                firstRow + row,
                firstKey,
                visible,
                buffers.Scores + (row * Page),
                buffers
            );
        }

        var (columns, panelWidth) = (run.Cache.ValueColumns, run.Cache.ValuePanel);
        var values = run.Cache.Values(run.Part.KeyValueHead, page);
        for (var column = 0; column < columns; column += panelWidth)
        {
            var panel = values + (column * Page);
            var sums = buffers.Values + column;
            if (panelWidth == TTile.Columns)
            {
                TTile.Multiply(buffers.Scores, Page, rows, panel, visible, zero, sums, columns);
            }
            else
            {
                Tile8x1<TSimd, float, TVector>.Multiply(
                    buffers.Scores,
                    Page,
                    rows,
                    panel,
                    visible,
                    zero,
                    sums,
                    columns
                );
            }
        }

        for (var row = 0; row < rows; row++)
        {
            var rowSums = buffers.Sums + ((firstRow + row) * run.HeadDim);
            Add<TSimd, TVector>(rowSums, buffers.Factors[row], buffers.Values + (row * columns), run.HeadDim);
        }
    }

    /// <summary>
    /// A row's scores become weights relative to its largest score so far, and its total is brought up to date. Returns
    /// the factor for what was summed before, relative to the largest score then.
    /// </summary>
    private static float Weigh<TSimd, TVector>(
        GroupedQueryRun run,
        int row,
        int firstKey,
        int visible,
        float* scores,
        GroupedQueryBuffers buffers
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var width = RoundUp(visible, TSimd.Lanes);
        var end = Math.Clamp(run.PositionOf(row) + 1 - firstKey, 0, visible);
        var start = Math.Clamp(run.FirstKeyOf(row) - firstKey, 0, end);
        if (start == end)
        {
            new Span<float>(scores, width).Clear();
            return 1;
        }

        new Span<float>(scores, start).Fill(GroupedQueryBuffers.Nothing);
        new Span<float>(scores + end, width - end).Fill(GroupedQueryBuffers.Nothing);
        var before = buffers.Maxima[row];
        var max = Math.Max(before, Softmax.Largest<TSimd, TVector>(scores, width));
        var total = Softmax.Exponentiate<TSimd, TVector>(scores, width, max, run.Scale * Softmax.Log2E);
        var factor = MathF.Exp((before - max) * run.Scale);
        buffers.Maxima[row] = max;
        buffers.Totals[row] = (buffers.Totals[row] * factor) + total;
        return factor;
    }

    /// <summary>sums = sums * factor + values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add<TSimd, TVector>(float* sums, float factor, float* values, int count)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(sums + i), factors, TSimd.Load(values + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] = (sums[i] * factor) + values[i];
        }
    }

    /// <summary>target = source * factor.</summary>
    private static void Scale<TSimd, TVector>(float* source, int count, float factor, float* target)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(source + i), factors), target + i);
        }

        for (; i < count; i++)
        {
            target[i] = source[i] * factor;
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
