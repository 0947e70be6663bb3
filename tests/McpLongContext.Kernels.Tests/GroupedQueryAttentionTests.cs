using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class GroupedQueryAttentionTests
{
    /// <summary>Width, tokens before the block, tokens of it, groups, heads of a group, headDim, window.</summary>
    public static TheoryData<Width, int, int, int, int, int, int> Shapes()
    {
        var data = new TheoryData<Width, int, int, int, int, int, int>();
        foreach (var width in Enum.GetValues<Width>())
        {
            data.Add(width, 0, 1, 1, 1, 2, int.MaxValue);
            data.Add(width, 0, 40, 2, 3, 10, int.MaxValue);
            data.Add(width, 255, 2, 1, 4, 16, int.MaxValue);
            data.Add(width, 511, 1, 2, 8, 64, int.MaxValue);
            data.Add(width, 250, 300, 1, 2, 48, int.MaxValue);
            data.Add(width, 0, 600, 1, 1, 6, 37);
            data.Add(width, 500, 30, 1, 3, 32, 256);
            data.Add(width, 10, 5, 2, 2, 8, 1);
        }

        return data;
    }

    [Theory]
    [InlineData(3, 2, 4, 5)]
    [InlineData(250, 20, 3, 300)]
    [InlineData(0, 1, 0, 257)]
    public void Tokens_that_are_replaced_leave_those_behind_as_they_were(int before, int old, int now, int behind)
    {
        var size = 2 * 6;
        var (keys, values) = (Sample.Uniform(1, 1000 * size, 3), Sample.Uniform(2, 1000 * size, 3));
        var cache = new KeyValueCache(2, 6);
        cache.Append(keys.AsSpan(0, (before + old + behind) * size), values.AsSpan(0, (before + old + behind) * size));
        cache.Replace(before, old, keys.AsSpan(900 * size, now * size), values.AsSpan(900 * size, now * size));

        var expected = new KeyValueCache(2, 6);
        Add(0, before);
        Add(900, now);
        Add(before + old, behind);
        Assert.Equal(expected.Count, cache.Count);
        for (var head = 0; head < 2; head++)
        {
            Assert.Equal(Read(expected, head), Read(cache, head));
        }

        void Add(int first, int count) =>
            expected.Append(keys.AsSpan(first * size, count * size), values.AsSpan(first * size, count * size));

        static float[] Read(KeyValueCache from, int head)
        {
            var both = new float[2 * from.Count * 6];
            from.Read(head, 0, both.AsSpan(0, from.Count * 6), both.AsSpan(from.Count * 6));
            return both;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_token_attends_to_itself_and_those_before_it_at_their_distance(
        Width width,
        int before,
        int tokens,
        int groups,
        int queryHeadsPerKvHead,
        int headDim,
        int window
    )
    {
        var total = before + tokens;
        var queries = Sample.Uniform(1, tokens * groups * queryHeadsPerKvHead * headDim, 3);
        var keys = Sample.Uniform(2, total * groups * headDim, 3);
        var values = Sample.Uniform(3, total * groups * headDim);
        double[] frequencies = [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(10_000, -2.0 * i / headDim))];
        var scale = (float)(1.2 / Math.Sqrt(headDim));
        var expected = Oracle.CausalAttention(
            queries,
            keys,
            values,
            frequencies,
            groups,
            queryHeadsPerKvHead,
            scale,
            window
        );

        var output = new float[queries.Length];
        var cache = new KeyValueCache(groups, headDim, ColumnsOf(width));
        var rotary = new RotaryTable(frequencies, 1, ColumnsOf(width));
        rotary.Extend(total);
        cache.Append(keys, values);
        for (var kvHead = 0; kvHead < groups; kvHead++)
        {
            for (var token = 0; token < tokens; token += 100)
            {
                var part = new AttentionPart(tokens, kvHead, token, Math.Min(100, tokens - token));
                Attend(width, queries, cache, rotary, scale, window, part, output);
            }
        }

        Sample.Close(expected, output, 2e-5);
    }

    [Theory]
    [InlineData(Width.Bits128, 0, 7, 2, 4)]
    [InlineData(Width.Bits128, 255, 300, 2, 6)]
    [InlineData(Width.Bits256, 0, 33, 3, 8)]
    [InlineData(Width.Bits256, 256, 256, 1, 16)]
    [InlineData(Width.Bits512, 0, 1, 8, 16)]
    [InlineData(Width.Bits512, 300, 257, 2, 10)]
    [InlineData(Width.Bits512, 256, 256, 2, 40)]
    public void Queries_keys_and_values_of_one_product_are_attended_as_they_lie(
        Width width,
        int before,
        int tokens,
        int heads,
        int headDim
    )
    {
        var (total, size) = (before + tokens, heads * headDim);
        var projected = Sample.Uniform(1, total * 3 * size, 3);
        var expected = Oracle.CausalAttention(
            Part(0)[(before * size)..],
            Part(1),
            Part(2),
            new double[headDim / 2],
            heads,
            1,
            0.3f,
            int.MaxValue
        );

        var cache = new KeyValueCache(heads, headDim, ColumnsOf(width));
        cache.AppendProjected(projected.AsSpan(0, before * 3 * size));
        cache.AppendProjected(projected.AsSpan(before * 3 * size));
        var output = new float[tokens * size];
        for (var head = 0; head < heads; head++)
        {
            var part = new AttentionPart(tokens, head, 0, tokens);
            Attend(width, projected[(before * 3 * size)..], cache, null, 0.3f, int.MaxValue, part, output, parts: 3);
        }

        Sample.Close(expected, output, 2e-5);

        float[] Part(int index) =>
            [
                .. Enumerable
                    .Range(0, total)
                    .SelectMany(token => projected.AsSpan(((3 * token) + index) * size, size).ToArray()),
            ];
    }

    [Theory]
    [InlineData(600, 0)]
    [InlineData(600, 256)]
    [InlineData(600, 512)]
    [InlineData(600, 300)]
    [InlineData(600, 600)]
    [InlineData(40, 3)]
    public void The_oldest_tokens_go_and_others_come(int tokens, int gone)
    {
        const int Size = 12;
        var (keys, values) = (Sample.Uniform(1, tokens * Size), Sample.Uniform(2, tokens * Size));
        var (cache, expected) = (new KeyValueCache(2, 6), new KeyValueCache(2, 6));
        cache.Append(keys, values);
        cache.RemoveFirst(gone);
        Assert.Equal(tokens - gone, cache.Count);
        cache.Append(keys, values);
        expected.Append(keys.AsSpan(gone * Size), values.AsSpan(gone * Size));
        expected.Append(keys, values);
        for (var head = 0; head < 2; head++)
        {
            var (found, wanted) = (new float[2, cache.Count * 6], new float[2, cache.Count * 6]);
            cache.Read(head, 0, Row(found, 0), Row(found, 1));
            expected.Read(head, 0, Row(wanted, 0), Row(wanted, 1));
            Assert.Equal(wanted, found);
        }

        Assert.Throws<ArgumentOutOfRangeException>("count", () => cache.RemoveFirst(cache.Count + 1));

        static Span<float> Row(float[,] of, int row) =>
            System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref of[row, 0], of.GetLength(1));
    }

    [Fact]
    public void Room_is_given_back_by_a_replacement_and_kept_by_removing_the_oldest()
    {
        var tokens = new float[600 * 8];
        var (replaced, rolled) = (new KeyValueCache(2, 4), new KeyValueCache(2, 4));
        replaced.Append(tokens, tokens);
        rolled.Append(tokens, tokens);

        replaced.Replace(10, 580, [], []);
        rolled.RemoveFirst(580);

        Assert.Equal((20, 256), (replaced.Count, replaced.Room));
        Assert.Equal((20, 768), (rolled.Count, rolled.Room));
    }

    [Fact]
    public void Tokens_that_were_truncated_are_forgotten()
    {
        var (once, twice) = (new KeyValueCache(1, 4), new KeyValueCache(1, 4));
        var rotary = new RotaryTable([1, 0.1], 1);
        rotary.Extend(600);
        var keys = Sample.Uniform(1, 600 * 4);
        var values = Sample.Uniform(2, 600 * 4);
        once.Append(keys.AsSpan(0, 300 * 4), values.AsSpan(0, 300 * 4));
        twice.Append(values, keys);
        twice.Truncate(0);
        twice.Append(keys.AsSpan(0, 290 * 4), values.AsSpan(0, 290 * 4));
        twice.Append(values.AsSpan(0, 290 * 4), values.AsSpan(0, 290 * 4));
        twice.Truncate(290);
        twice.Append(keys.AsSpan(290 * 4, 10 * 4), values.AsSpan(290 * 4, 10 * 4));
        Assert.Equal(300, twice.Count);

        var (expected, found) = (new float[4], new float[4]);
        GroupedQueryAttention.Attend([1, 2, 3, 4], once, rotary, 1, 1000, new AttentionPart(1, 0, 0, 1), expected);
        GroupedQueryAttention.Attend([1, 2, 3, 4], twice, rotary, 1, 1000, new AttentionPart(1, 0, 0, 1), found);
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData(Width.Bits128)]
    [InlineData(Width.Bits256)]
    [InlineData(Width.Bits512)]
    public void A_cache_gives_back_what_it_was_given(Width width)
    {
        const int Tokens = 600;
        var cache = new KeyValueCache(2, 10, ColumnsOf(width));
        cache.Append(Sample.Uniform(3, 20 * 30), Sample.Uniform(4, 20 * 30));
        cache.Clear();
        Assert.Equal(0, cache.Count);
        var keys = Sample.Uniform(1, Tokens * 20);
        var values = Sample.Uniform(2, Tokens * 20);
        cache.Append(keys, values);
        var (readKeys, readValues) = (new float[300 * 10], new float[300 * 10]);
        cache.Read(1, 200, readKeys, readValues);
        Assert.Equal(Rows(keys), readKeys);
        Assert.Equal(Rows(values), readValues);
        Assert.Throws<ArgumentOutOfRangeException>("head", () => cache.Read(2, 0, readKeys, readValues));
        Assert.Throws<ArgumentOutOfRangeException>("keys", () => cache.Read(1, 301, readKeys, readValues));

        static float[] Rows(float[] all) =>
            [.. Enumerable.Range(200, 300).SelectMany(token => all.AsSpan((token * 20) + 10, 10).ToArray())];
    }

    [Fact]
    public void The_attention_factor_scales_queries_and_keys()
    {
        var cache = new KeyValueCache(1, 2);
        cache.Append([1, 2, 3, 4, 1, 1], [1, 0, 0, 1, 5, 5]);
        var (plain, factored) = (new RotaryTable([0.5], 1), new RotaryTable([0.5], 2));
        plain.Extend(3);
        factored.Extend(3);
        var (expected, found) = (new float[2], new float[2]);
        GroupedQueryAttention.Attend([1, -1], cache, plain, 4, 9, new AttentionPart(1, 0, 0, 1), expected);
        GroupedQueryAttention.Attend([1, -1], cache, factored, 1, 9, new AttentionPart(1, 0, 0, 1), found);
        Sample.Close([.. expected.Select(value => (double)value)], found, 1e-6);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var cache = new KeyValueCache(2, 4);
        var rotary = new RotaryTable([1, 0.1], 1);
        Assert.Throws<ArgumentException>("keys", () => cache.Append(new float[7], new float[8]));
        Assert.Throws<ArgumentException>("values", () => cache.Append(new float[8], new float[16]));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => cache.Truncate(1));
        cache.Append(new float[8], new float[8]);
        AssertWrong("rotary", 8, new AttentionPart(1, 0, 0, 1), 8);
        rotary.Extend(1);
        AssertWrong("queries", 12, new AttentionPart(1, 0, 0, 1), 12);
        AssertWrong("output", 8, new AttentionPart(1, 0, 0, 1), 9);
        AssertWrong("part", 16, new AttentionPart(2, 0, 0, 1), 16);
        AssertWrong("part", 8, new AttentionPart(1, 2, 0, 1), 8);
        AssertWrong("part", 8, new AttentionPart(1, 0, 1, 1), 8);
        Assert.Throws<ArgumentException>(
            "rotary",
            () => GroupedQueryAttention.Attend(new float[8], cache, new([1], 1), 1, 9, new(1, 0, 0, 1), new float[8])
        );

        GroupedQueryAttention.AttendProjected([], cache, 1, []);
        AssertWrongProjected("queryKeyValue", 23, 8);
        AssertWrongProjected("queryKeyValue", 48, 16);
        AssertWrongProjected("output", 24, 9);
        AssertWrongProjected("output", 0, 8);

        void AssertWrongProjected(string name, int projected, int output) =>
            Assert.Throws<ArgumentException>(
                name,
                () => GroupedQueryAttention.AttendProjected(new float[projected], cache, 1, new float[output])
            );

        void AssertWrong(string name, int queries, AttentionPart part, int output) =>
            Assert.Throws<ArgumentException>(
                name,
                () => GroupedQueryAttention.Attend(new float[queries], cache, rotary, 1, 9, part, new float[output])
            );
    }

    private static int ColumnsOf(Width width) =>
        width switch
        {
            Width.Bits512 => 32,
            Width.Bits256 => 16,
            _ => 8,
        };

    private static void Attend(
        Width width,
        float[] queries,
        KeyValueCache cache,
        RotaryTable? rotary,
        float scale,
        int window,
        AttentionPart part,
        float[] output,
        int parts = 1
    )
    {
        switch (width)
        {
            case Width.Bits512:
                Run<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>();
                break;
            case Width.Bits256:
                Run<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>();
                break;
            default:
                Run<Tile8x2<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>();
                break;
        }

        void Run<TTile, TSimd, TVector>()
            where TTile : ITile<float>
            where TSimd : ISimd<TSimd, TVector>
            where TVector : unmanaged
        {
            var run = GroupedQueryRun.Create(queries, cache, rotary, scale, window, part, TTile.Columns, parts);
            GroupedQueryAttention.AttendRun<TTile, TSimd, TVector>(run, queries, output);
        }
    }
}
