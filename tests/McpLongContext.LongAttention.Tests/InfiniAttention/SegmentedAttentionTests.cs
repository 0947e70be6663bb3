using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

public sealed class SegmentedAttentionTests
{
    /// <summary>Groups, heads of a group, headDim, tokens, segment, tokens given at a time.</summary>
    public static TheoryData<UpdateRule, int, int, int, int, int, int> Shapes()
    {
        var data = new TheoryData<UpdateRule, int, int, int, int, int, int>();
        foreach (var rule in Enum.GetValues<UpdateRule>())
        {
            data.Add(rule, 1, 1, 2, 9, 3, 512);
            data.Add(rule, 2, 3, 6, 40, 7, 512);
            data.Add(rule, 2, 3, 6, 40, 7, 1);
            data.Add(rule, 1, 4, 48, 70, 32, 13);
            data.Add(rule, 4, 2, 64, 60, 25, 512);
            data.Add(rule, 1, 2, 8, 600, 290, 512);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Output_and_memory_are_those_of_the_equations(
        UpdateRule rule,
        int kvHeads,
        int queryHeadsPerKvHead,
        int width,
        int tokens,
        int segment,
        int block
    )
    {
        var sample = AttentionSample.Create(kvHeads, queryHeadsPerKvHead, width, tokens);
        var memory = sample.CreateMemory(rule);
        var output = sample.Attend(memory, sample.Gates(0.7f), segment, block);
        var (expected, memories) = InfiniReference.Attend(sample, rule, 1 / (1 + Math.Exp(-0.7f)), segment);
        for (var i = 0; i < output.Length; i++)
        {
            Assert.Equal(expected[i], output[i], 2e-5);
        }

        for (var kvHead = 0; kvHead < kvHeads; kvHead++)
        {
            AssertState(memories[kvHead], memory.State(0, kvHead).ToArray(), width);
        }
    }

    [Fact]
    public void Memory_is_read_and_written_without_rotation()
    {
        // Read only from memory, what comes out is the same however positions are rotated.
        var sample = AttentionSample.Create(2, 2, 8, 50);
        var other = sample with { Config = sample.Config with { RopeTheta = 3 } };
        var (memory, otherMemory) = (sample.CreateMemory(UpdateRule.Delta), sample.CreateMemory(UpdateRule.Delta));
        var output = sample.Attend(memory, sample.Gates(float.PositiveInfinity), 10);
        var otherOutput = other.Attend(otherMemory, sample.Gates(float.PositiveInfinity), 10);
        var first = 10 * sample.Config.QuerySize;
        Assert.Equal(output[first..], otherOutput[first..]);
        Assert.NotEqual(output[..first], otherOutput[..first]);
        Assert.Equal(memory.State(0, 1), otherMemory.State(0, 1));
    }

    [Theory]
    [InlineData(UpdateRule.Linear)]
    [InlineData(UpdateRule.Delta)]
    public void The_future_changes_nothing(UpdateRule rule)
    {
        var sample = AttentionSample.Create(2, 3, 6, 40);
        var expected = sample.Attend(sample.CreateMemory(rule), sample.Gates(0), 7);
        for (var token = 0; token < sample.Tokens; token++)
        {
            var output = sample.Disturb(token).Attend(sample.CreateMemory(rule), sample.Gates(0), 7);
            var seen = token * sample.Config.QuerySize;
            Assert.Equal(expected[..seen], output[..seen]);
            Assert.NotEqual(expected[seen..], output[seen..]);
        }
    }

    [Fact]
    public void Query_heads_that_follow_each_other_share_a_key_head_in_memory_as_in_local_attention()
    {
        var sample = AttentionSample.Create(2, 3, 6, 40);
        foreach (var beta in (float[])[float.NegativeInfinity, 0, float.PositiveInfinity])
        {
            var plain = sample.Attend(sample.CreateMemory(UpdateRule.Delta), sample.Gates(beta), 7);
            var changed = sample.DisturbGroup(1).Attend(sample.CreateMemory(UpdateRule.Delta), sample.Gates(beta), 7);
            for (var head = 0; head < 6; head++)
            {
                if (head < 3)
                {
                    Assert.Equal(sample.Head(plain, head), sample.Head(changed, head));
                }
                else
                {
                    Assert.NotEqual(sample.Head(plain, head), sample.Head(changed, head));
                }
            }
        }
    }

    [Fact]
    public void The_first_segment_is_plain_attention_whatever_the_gates()
    {
        var sample = AttentionSample.Create(2, 2, 8, 30);
        var plain = sample.Attend(new CausalAttention(sample.Config), 512);
        var output = sample.Attend(sample.CreateMemory(UpdateRule.Linear), sample.Gates(0), 30);
        Assert.Equal(plain, output);
    }

    [Fact]
    public void A_segment_that_is_not_complete_is_kept_as_keys_and_values()
    {
        var sample = AttentionSample.Create(1, 2, 8, 25);
        var memory = sample.CreateMemory(UpdateRule.Linear);
        var attention = new SegmentedAttention(sample.Config, memory, sample.Gates(0), 10);
        sample.Attend(attention, 1);
        var written = memory.State(0, 0).ToArray();
        // Nothing of tokens 20 to 24 is in memory; ended, they are.
        var shorter = sample.CreateMemory(UpdateRule.Linear);
        (sample.Disturb(22)).Attend(shorter, sample.Gates(0), 10, 1);
        Assert.Equal(written, shorter.State(0, 0));
        attention.EndSegment();
        Assert.NotEqual(written, memory.State(0, 0).ToArray());
    }

    [Fact]
    public void The_current_segment_can_be_truncated_and_what_is_in_memory_cannot()
    {
        var sample = AttentionSample.Create(1, 2, 8, 28);
        var expected = sample.Attend(sample.CreateMemory(UpdateRule.Delta), sample.Gates(0), 10);
        var memory = sample.CreateMemory(UpdateRule.Delta);
        var attention = new SegmentedAttention(sample.Config, memory, sample.Gates(0), 10);
        sample.Disturb(23).Attend(attention, 512);
        attention.Truncate(22);
        using var threadPool = new ComputeThreadPool(1);
        var (queries, keys) = (sample.Config.QuerySize, sample.Config.KeyValueSize);
        var output = new float[6 * queries];
        attention.Attend(
            new AttentionBlock(
                0,
                22,
                sample.Queries.AsMemory(22 * queries),
                sample.Keys.AsMemory(22 * keys),
                sample.Values.AsMemory(22 * keys),
                output
            ),
            threadPool
        );
        Assert.Equal(expected[(22 * queries)..], output);
        var error = Assert.Throws<InvalidOperationException>(() => attention.Truncate(19));
        Assert.Contains("position 19 lies in memory", error.Message, StringComparison.Ordinal);
        attention.Truncate(0);
        Assert.True(memory.IsEmpty(0, 0));
        Assert.Equal(expected, sample.Attend(attention, 512));
    }

    [Fact]
    public void A_memory_of_earlier_texts_is_read_from_the_first_token_on()
    {
        var sample = AttentionSample.Create(2, 2, 8, 20);
        var memory = sample.CreateMemory(UpdateRule.Linear);
        var attention = new SegmentedAttention(sample.Config, memory, sample.Gates(0), 100);
        var first = sample.Attend(attention, 512);
        attention.EndSegment();
        Assert.NotEqual(first, sample.Attend(memory, sample.Gates(0), 100));
        Assert.Equal(first, sample.Attend(memory, InfiniGates.Closed(sample.Config), 100));
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        var sample = AttentionSample.Create(2, 2, 8, 5);
        var gates = sample.Gates(0);
        Assert.Throws<ArgumentException>(
            "memory",
            () => new SegmentedAttention(sample.Config, new CompressiveMemory(1, 4, 8), gates)
        );
        Assert.Throws<ArgumentOutOfRangeException>(
            "segmentTokens",
            () => new SegmentedAttention(sample.Config, sample.CreateMemory(UpdateRule.Linear), gates, 513)
        );
        Assert.Throws<ArgumentException>("betas", () => InfiniGates.FromBetas(sample.Config, [0, 1, 2]));
        Assert.Contains(
            "layer 0, head 2",
            Assert.Throws<ArgumentException>(() => InfiniGates.FromBetas(sample.Config, [0, 1, float.NaN, 2])).Message,
            StringComparison.Ordinal
        );
    }

    private static void AssertState((double[,] Matrix, double[] Normalizer) expected, float[] state, int width)
    {
        for (var key = 0; key < width; key++)
        {
            for (var value = 0; value < width; value++)
            {
                AssertNear(expected.Matrix[key, value], state[(value * width) + key]);
            }

            AssertNear(expected.Normalizer[key], state[(width * width) + key]);
        }

        static void AssertNear(double expected, float found) =>
            Assert.Equal(expected, found, 1e-5 * Math.Max(1, Math.Abs(expected)));
    }
}
