using McpLongContext.Kernels.Attention;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

public sealed class CompressiveMemoryTests
{
    [Fact]
    public void Its_size_is_that_of_its_shape()
    {
        // TinyLlama: 22 layers, 4 key/value heads of 64, whatever the number of query heads.
        Assert.Equal(22 * 4 * ((64 * 64) + 64) * 4, new CompressiveMemory(22, 4, 64).Bytes);
        Assert.Equal(1_464_320, new CompressiveMemory(22, 4, 64).Bytes);
    }

    [Theory]
    [InlineData(UpdateRule.Linear, 1)]
    [InlineData(UpdateRule.Linear, 5)]
    [InlineData(UpdateRule.Linear, 64)]
    [InlineData(UpdateRule.Linear, 300)]
    public void What_a_linear_memory_holds_does_not_depend_on_the_segments(UpdateRule rule, int segment)
    {
        var sample = AttentionSample.Create(2, 1, 16, 700);
        var (whole, parts) = (sample.CreateMemory(rule), sample.CreateMemory(rule));
        Write(whole, sample, 700);
        Write(parts, sample, segment);
        for (var kvHead = 0; kvHead < 2; kvHead++)
        {
            AssertClose(whole.State(0, kvHead), parts.State(0, kvHead), 2e-5f);
        }
    }

    [Fact]
    public void What_a_delta_memory_holds_does()
    {
        var sample = AttentionSample.Create(2, 1, 16, 700);
        var (whole, parts) = (sample.CreateMemory(UpdateRule.Delta), sample.CreateMemory(UpdateRule.Delta));
        Write(whole, sample, 700);
        Write(parts, sample, 70);
        Assert.Throws<Xunit.Sdk.EqualException>(() => AssertClose(whole.State(0, 0), parts.State(0, 0), 0.01f));
    }

    [Fact]
    public void The_first_segment_of_a_delta_memory_is_written_as_a_linear_one_is()
    {
        var sample = AttentionSample.Create(1, 1, 8, 300);
        var (linear, delta) = (sample.CreateMemory(UpdateRule.Linear), sample.CreateMemory(UpdateRule.Delta));
        Write(linear, sample, 300);
        Write(delta, sample, 300);
        Assert.Equal(linear.State(0, 0), delta.State(0, 0));
    }

    [Fact]
    public void A_single_association_is_returned_as_it_was_written()
    {
        var memory = new CompressiveMemory(1, 1, 4, UpdateRule.Delta);
        float[] value = [3, -1, 0.5f, 8];
        Write(memory, [0.3f, -2, 1, 0], value);
        Assert.Equal(value, Read(memory, [0.3f, -2, 1, 0]), (a, b) => Math.Abs(a - b) < 1e-5);

        // Written again, it adds nothing to M: the delta rule's point.
        var before = memory.State(0, 0)[..16].ToArray();
        Write(memory, [0.3f, -2, 1, 0], value);
        Assert.Equal(before, memory.State(0, 0)[..16].ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void An_empty_memory_returns_nothing()
    {
        var memory = new CompressiveMemory(1, 1, 4);
        var read = new float[] { 1, 2, 3, 4, 5 };
        memory.Read(0, 0, new float[4], read);
        Assert.Equal(new float[5], read);
        Assert.True(memory.IsEmpty(0, 0));
    }

    [Fact]
    public void What_was_restored_is_read_and_written_like_the_original()
    {
        var sample = AttentionSample.Create(2, 1, 16, 100);
        var (memory, copy) = (sample.CreateMemory(UpdateRule.Delta), sample.CreateMemory(UpdateRule.Delta));
        Write(memory, sample, 30);
        copy.Restore(0, 0, memory.State(0, 0));
        copy.Restore(0, 1, memory.State(0, 1));
        Write(memory, sample, 30);
        Write(copy, sample, 30);
        Assert.Equal(memory.State(0, 1), copy.State(0, 1));
        copy.Restore(0, 1, new float[17 * 16]);
        Assert.True(copy.IsEmpty(0, 1));
        Assert.Throws<ArgumentException>("state", () => copy.Restore(0, 1, new float[16 * 16]));
    }

    private static void Write(CompressiveMemory memory, AttentionSample sample, int segment)
    {
        var size = sample.Config.KeyValueSize;
        for (var first = 0; first < sample.Tokens; first += segment)
        {
            var count = Math.Min(segment, sample.Tokens - first);
            var cache = new KeyValueCache(memory.Heads, memory.HeadDim);
            cache.Append(
                sample.Keys.AsSpan(first * size, count * size),
                sample.Values.AsSpan(first * size, count * size)
            );
            for (var head = 0; head < memory.Heads; head++)
            {
                memory.Write(0, head, cache);
            }
        }
    }

    private static void Write(CompressiveMemory memory, float[] key, float[] value)
    {
        var cache = new KeyValueCache(1, memory.HeadDim);
        cache.Append(key, value);
        memory.Write(0, 0, cache);
    }

    private static float[] Read(CompressiveMemory memory, float[] query)
    {
        var read = new float[memory.HeadDim + 1];
        memory.Read(0, 0, query, read);
        return [.. read[..^1].Select(value => value / read[^1])];
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, float relative)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], relative * MathF.Max(10, MathF.Abs(expected[i])));
        }
    }
}
