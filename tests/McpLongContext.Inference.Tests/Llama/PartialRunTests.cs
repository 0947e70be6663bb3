using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>Sequences that end at a layer, and keys and values that did not come through the model.</summary>
public sealed class PartialRunTests
{
    private static readonly int[] s_tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

    [Fact]
    public void A_sequence_that_ends_at_a_layer_gives_attention_what_the_whole_one_does()
    {
        using var model = Decoder.Load(Golden.PathOf("tiny-llama/qwen3"), Precision.Float32);
        var (whole, part) = (new Recorder(model.Config), new Recorder(model.Config));
        using var all = model.CreateSession(whole, threads: 1);
        using var some = model.CreateSession(part, lastLayer: 0, threads: 1);
        all.Forward(s_tokens, []);
        some.Forward(s_tokens, []);
        Assert.Equal(model.Config.LayerCount, whole.Keys.Count);
        Assert.Equal(whole.Keys[0], Assert.Single(part.Keys));
        Assert.Equal(s_tokens.Length, some.Position);
        Assert.Contains(
            "ends at layer 0",
            Assert
                .Throws<ArgumentException>("states", () => some.Forward([1], new float[model.Config.HiddenSize]))
                .Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>("lastLayer", () => model.CreateSession(part, 2, threads: 1));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    [InlineData("yarn")]
    public void Inserted_keys_and_values_are_read_as_if_their_tokens_stood_there(string name)
    {
        using var model = Decoder.Load(Golden.PathOf($"tiny-llama/{name}"), Precision.Float32);
        var recorder = new Recorder(model.Config);
        using var plain = model.CreateSession(recorder, threads: 2);
        var expected = Logits(plain, s_tokens, 4);

        var attention = new CausalAttention(model.Config);
        using var run = model.CreateSession(attention, threads: 2);
        run.Forward(s_tokens.AsSpan(0, 3), []);
        Insert();
        AssertClose(expected, Logits(run, s_tokens.AsSpan(8), 4));

        // What is forgotten from there on is forgotten with what was inserted.
        run.Truncate(3);
        AssertClose(expected, Logits(run, s_tokens.AsSpan(3), 4));
        run.Truncate(3);
        Insert();
        AssertClose(expected, Logits(run, s_tokens.AsSpan(8), 4));
        Assert.Throws<ArgumentException>("position", () => attention.Insert(0, 1, [], []));

        void Insert()
        {
            var size = model.Config.KeyValueSize;
            for (var layer = 0; layer < model.Config.LayerCount; layer++)
            {
                attention.Insert(
                    layer,
                    3,
                    recorder.Keys[layer].AsSpan(3 * size, 5 * size),
                    recorder.Values[layer].AsSpan(3 * size, 5 * size)
                );
            }
        }
    }

    private static float[] Logits(DecoderSession run, ReadOnlySpan<int> tokens, int wanted)
    {
        var states = new float[wanted * run.Model.Config.HiddenSize];
        var logits = new float[wanted * run.Model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        return logits;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-5f);
        }
    }

    private sealed class Recorder(DecoderConfig config) : IAttention
    {
        private readonly CausalAttention _plain = new(config);

        public List<float[]> Keys { get; } = [];

        public List<float[]> Values { get; } = [];

        public int MaxTokens => _plain.MaxTokens;

        public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
        {
            Keys.Add(block.Keys.ToArray());
            Values.Add(block.Values.ToArray());
            _plain.Attend(block, threadPool);
        }

        public void Truncate(int position) => _plain.Truncate(position);
    }
}
