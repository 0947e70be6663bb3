using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Reading;

/// <summary>Retrieval attention of one layer against its definition; four query heads share two key heads.</summary>
public sealed class PerLayerAttentionTests
{
    private const int Sinks = 2;
    private static readonly SpanPlan s_single = new(Before: 0, After: 1, Budget: 5);

    [Theory]
    [InlineData("llama", 0)]
    [InlineData("llama", 1)]
    [InlineData("qwen3", 1)] // heads whose width is given by itself
    [InlineData("granite", 1)] // another scale of the scores
    public void The_best_tokens_of_each_key_head_are_attended_to_as_in_double_precision(string name, int layer)
    {
        using var model = TinyModel.Load(name);
        AssertReference(model, layer, s_single, neighbors: 5, window: 30, tokens: 9);
    }

    [Fact]
    public void Spans_around_them_stand_in_the_order_of_the_memory()
    {
        using var model = TinyModel.Load("llama");
        AssertReference(model, 1, new SpanPlan(Before: 1, After: 3, Budget: 10), neighbors: 6, window: 30, tokens: 9);
    }

    [Fact]
    public void The_local_window_slides_and_the_sinks_stay()
    {
        using var model = TinyModel.Load("llama");
        AssertReference(model, 1, s_single, neighbors: 5, window: 4, tokens: 12);
    }

    [Fact]
    public void More_tokens_than_the_memory_has_may_be_asked_for()
    {
        using var model = TinyModel.Load("llama");
        AssertReference(model, 1, new SpanPlan(0, 1, 40), neighbors: 40, window: 10, tokens: 7);
    }

    [Fact]
    public void Below_the_first_layer_that_reads_a_token_sees_the_local_window_alone()
    {
        using var model = TinyModel.Load("llama");
        var (memory, layout) = Memory(model, layerBegin: 1);
        var attention = new PerLayerAttention(new ReadingSource(model, memory, layout), Sinks, 5, s_single, window: 3);
        var plain = new CausalAttention(model.Config.WithWindow(Sinks + 3), 64);
        var block = Block(model.Config, 0, 12, seed: 5);
        var other = block with { Output = new float[block.Output.Length] };
        using var threadPool = new ComputeThreadPool(2);

        attention.Attend(block, threadPool);
        plain.Attend(other, threadPool);

        Assert.Equal(other.Output.ToArray(), block.Output.ToArray());
    }

    [Fact]
    public void Memory_takes_no_place_of_the_local_window()
    {
        // More is read than the window holds; its first token, which alone is attended to, is still there.
        using var model = TinyModel.Load("llama");
        var config = model.Config;
        var layout = KeyLayout.Of(config, new RetrievalHeads(1, 1, [2], 1), KeyDepth.Full, 1);
        var nothing = new KeyBuffer(layout.Shape);
        for (var plane = 0; plane < layout.Shape.Planes; plane++)
        {
            nothing.Append(plane, new float[20 * config.HeadDim]);
        }

        var memory = new TokenMemory();
        memory.Add(new int[20], nothing);
        var attention = new PerLayerAttention(
            new ReadingSource(model, memory, layout),
            1,
            20,
            new SpanPlan(0, 1, 20),
            3
        );
        var (queries, keys, values) = (
            new float[4 * config.QuerySize],
            new float[4 * config.KeyValueSize],
            new float[4 * config.KeyValueSize]
        );
        for (var i = config.HeadDim - 1; i < queries.Length; i += config.HeadDim)
        {
            queries[i] = 100;
        }

        for (var i = 0; i < config.KeyValueSize; i++)
        {
            // The last pair of dimensions hardly turns.
            keys[config.KeyValueSize + i] = (i + 1) % config.HeadDim == 0 ? 100 : 0;
            values[config.KeyValueSize + i] = 7;
        }

        var output = new float[queries.Length];
        using var threadPool = new ComputeThreadPool(1);
        attention.Attend(new AttentionBlock(1, 0, queries, keys, values, output), threadPool);

        Assert.All(output[(3 * config.QuerySize)..], value => Assert.Equal(7, value, 1e-3f));
    }

    [Fact]
    public void Token_by_token_or_together_and_after_a_cut_the_result_is_the_same()
    {
        using var model = TinyModel.Load("llama");
        var (memory, layout) = Memory(model, layerBegin: 1);
        var whole = Block(model.Config, 1, 8, seed: 6);
        using var threadPool = new ComputeThreadPool(2);
        var together = new PerLayerAttention(new ReadingSource(model, memory, layout), Sinks, 5, s_single, 20);
        together.Attend(whole, threadPool);

        var single = new PerLayerAttention(new ReadingSource(model, memory, layout), Sinks, 5, s_single, 20);
        var output = new float[whole.Output.Length];
        for (var token = 0; token < 8; token++)
        {
            single.Attend(Slice(model.Config, whole, token, output), threadPool);
            if (token == 5)
            {
                single.Truncate(3);
                for (var again = 3; again < 6; again++)
                {
                    single.Attend(Slice(model.Config, whole, again, output), threadPool);
                }
            }
        }

        for (var i = 0; i < output.Length; i++)
        {
            Assert.Equal(whole.Output.Span[i], output[i], 1e-6f);
        }
    }

    [Fact]
    public void Where_it_looks_and_how_long_it_searched_is_told_until_it_is_forgotten()
    {
        using var model = TinyModel.Load("llama");
        var (memory, layout) = Memory(model, layerBegin: 1);
        var attention = new PerLayerAttention(new ReadingSource(model, memory, layout), Sinks, 3, s_single, 20);
        using var threadPool = new ComputeThreadPool(2);
        for (var layer = 0; layer < 2; layer++)
        {
            attention.Attend(Block(model.Config, layer, 6, seed: 7), threadPool);
        }

        Assert.InRange(attention.Spans.Sum(span => span.Share), 0.05, 0.95);
        Assert.All(attention.Spans, span => Assert.InRange(span.Span.First + span.Span.Count, 1, 40));
        Assert.Equal(attention.Spans, attention.Spans.OrderBy(span => span.Span.First));
        Assert.Equal(TimeSpan.Zero, attention.SearchTimes[0]);
        Assert.True(attention.SearchTimes[1] > TimeSpan.Zero);
        attention.Reset();
        Assert.Empty(attention.Spans);
        Assert.Equal(TimeSpan.Zero, attention.SearchTimes[1]);
    }

    private static void AssertReference(Decoder model, int layer, SpanPlan plan, int neighbors, int window, int tokens)
    {
        var (memory, layout) = Memory(model, layerBegin: layer);
        var attention = new PerLayerAttention(new ReadingSource(model, memory, layout), Sinks, neighbors, plan, window);
        var block = Block(model.Config, layer, tokens, seed: 4);
        using var threadPool = new ComputeThreadPool(2);

        attention.Attend(block, threadPool);

        var expected = new PerLayerReference(model.Config, memory, layout, layer).Attend(
            block.Queries.ToArray(),
            block.Keys.ToArray(),
            block.Values.ToArray(),
            Sinks,
            neighbors,
            plan,
            window
        );
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], block.Output.Span[i], 1e-5);
        }
    }

    private static AttentionBlock Block(DecoderConfig config, int layer, int tokens, int seed)
    {
        var random = new Random(seed);
        return new AttentionBlock(
            layer,
            0,
            Numbers(tokens * config.QuerySize),
            Numbers(tokens * config.KeyValueSize),
            Numbers(tokens * config.KeyValueSize),
            new float[tokens * config.QuerySize]
        );

        float[] Numbers(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 4) - 2))];
    }

    private static AttentionBlock Slice(DecoderConfig config, AttentionBlock block, int token, float[] output) =>
        new(
            block.Layer,
            token,
            block.Queries.Slice(token * config.QuerySize, config.QuerySize),
            block.Keys.Slice(token * config.KeyValueSize, config.KeyValueSize),
            block.Values.Slice(token * config.KeyValueSize, config.KeyValueSize),
            output.AsMemory(token * config.QuerySize, config.QuerySize)
        );

    /// <summary>Forty tokens in three blocks of two texts.</summary>
    private static (TokenMemory Memory, KeyLayout Layout) Memory(Decoder model, int layerBegin)
    {
        var layout = KeyLayout.Of(model.Config, new RetrievalHeads(1, 1, [2], 1), KeyDepth.Full, layerBegin);
        using var encoder = new KeyEncoder(model, layout, [1, 2], 1);
        var random = new Random(8);
        int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 40))];
        var memory = new TokenMemory();
        memory.Add(encoder, Tokens(20), Tokens(5));
        memory.Add(encoder, Tokens(15));
        return (memory, layout);
    }
}
