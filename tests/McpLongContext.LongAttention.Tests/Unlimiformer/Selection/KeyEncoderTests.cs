using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

/// <summary>Queries and keys that are searched, against those that the model's own attention is given.</summary>
public sealed class KeyEncoderTests
{
    private static readonly int[] s_header = [1, 2, 3];
    private static readonly int[] s_text = [7, 8, 9, 10, 11, 12, 5];

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")] // normalized keys, a head width of its own
    [InlineData("linear")] // a key bias
    public void Keys_are_whole_and_not_rotated(string name)
    {
        using var model = TinyModel.Load(name);
        var heads = new RetrievalHeads(1, 1, [2, 3], 1);
        using var encoder = new KeyEncoder(model, KeyLayout.Of(model.Config, heads, KeyDepth.Full, 0), s_header, 2);
        var buffer = new KeyBuffer(encoder.Layout.Shape);

        encoder.Encode(s_text, buffer, TestContext.Current.CancellationToken);

        var seen = Observe(model, [.. s_header, .. s_text]);
        Assert.Equal(s_text.Length, buffer.Tokens);
        AssertPlane(buffer, KeyLayout.SelectionPlane, seen[1].Keys, 1);
        for (var layer = 0; layer < 2; layer++)
        {
            for (var kvHead = 0; kvHead < 2; kvHead++)
            {
                AssertPlane(buffer, encoder.Layout.KeyPlane(layer, kvHead), seen[layer].Keys, kvHead);
                AssertPlane(buffer, encoder.Layout.ValuePlane(layer, kvHead), seen[layer].Values, kvHead);
            }
        }
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    public void Queries_are_whole_heads_not_rotated_from_the_questions_first_token_on(string name)
    {
        // Half of every head zeroed, or a rotation of queries other than that of keys, would show here.
        using var model = TinyModel.Load(name);
        var heads = new RetrievalHeads(1, 1, [2, 3], 1);
        using var encoder = new KeyEncoder(model, KeyLayout.Of(model.Config, heads, KeyDepth.Selection), s_header, 2);

        var queries = encoder.EncodeQueries(s_text);

        var width = model.Config.HeadDim;
        var seen = Observe(model, [.. s_header, .. s_text])[1].Queries;
        Assert.Equal(s_text.Length * 2 * width, queries.Length);
        for (var token = 0; token < s_text.Length; token++)
        {
            var expected = seen.AsSpan((((s_header.Length + token) * 4) + 2) * width, 2 * width);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], queries[(token * 2 * width) + i], 1e-5f);
            }
        }
    }

    [Fact]
    public void Every_window_begins_with_the_header_alone()
    {
        using var model = TinyModel.Load("llama");
        var heads = new RetrievalHeads(1, 0, [0], 1);
        using var encoder = new KeyEncoder(model, KeyLayout.Of(model.Config, heads, KeyDepth.Selection), s_header, 1);
        var room = model.Config.ContextLength - s_header.Length;
        int[] window = [.. Enumerable.Range(0, room).Select(i => i * 7 % 40)];
        var (once, twice) = (new KeyBuffer(encoder.Layout.Shape), new KeyBuffer(encoder.Layout.Shape));

        encoder.Encode(window, once, TestContext.Current.CancellationToken);
        encoder.Encode([.. window, .. window], twice, TestContext.Current.CancellationToken);

        Assert.Equal(2 * room, twice.Tokens);
        Assert.True(once.Codes(0, 0, room).SequenceEqual(twice.Codes(0, room, room)));
    }

    private static void AssertPlane(KeyBuffer buffer, int plane, float[] rows, int kvHead)
    {
        var width = buffer.Shape.Dimensions;
        for (var token = 0; token < buffer.Tokens; token++)
        {
            var vector = new float[width];
            TensorPrimitives.ConvertTruncating(buffer.Codes(plane, token, 1), vector);
            TensorPrimitives.Multiply(vector, buffer.Scales(plane, token, 1)[0], vector);
            var expected = rows.AsSpan((((s_header.Length + token) * 2) + kvHead) * width, width);
            var tolerance = (buffer.Scales(plane, token, 1)[0] / 2) + 1e-5f;
            for (var i = 0; i < width; i++)
            {
                Assert.Equal(expected[i], vector[i], tolerance);
            }
        }
    }

    /// <summary>The input of plain attention in each layer.</summary>
    private static Observed[] Observe(Decoder model, int[] tokens)
    {
        var observer = new Observer(model.Config);
        using var run = model.CreateSession(observer, threads: 1);
        run.Forward(tokens, []);
        return [.. observer.Layers];
    }

    private sealed record Observed(float[] Queries, float[] Keys, float[] Values);

    private sealed class Observer(DecoderConfig config) : IAttention
    {
        private readonly CausalAttention _plain = new(config);

        public List<Observed> Layers { get; } = [];

        public int MaxTokens => _plain.MaxTokens;

        public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
        {
            Layers.Add(new Observed(block.Queries.ToArray(), block.Keys.ToArray(), block.Values.ToArray()));
            _plain.Attend(block, threadPool);
        }

        public void Truncate(int position) => _plain.Truncate(position);
    }
}
