using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.LongAttention.Tests.Unlimiformer;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

/// <summary>Whole decoders with Infini-attention against a double-precision forward pass; see tools/golden/infini.</summary>
public sealed class InfiniDecoderTests
{
    private const float Tolerance = 3e-5f;

    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (var name in (string[])["linear", "delta", "short", "scaled", "wide", "lora"])
        {
            data.Add(name, 20);
            data.Add(name, 1);
            data.Add(name, 7);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_after_every_token_are_those_of_the_reference(string name, int block)
    {
        var golden = InfiniGolden.Read(name);
        using var model = TinyModel.Load(golden.Model);
        var adapter = InfiniAdapter.Load(golden.AdapterPath, model.Config, InfiniGolden.ModelHash);
        var memory = adapter.CreateMemory(model.Config);
        using var run = adapter.Apply(model).CreateSession(adapter.Attend(model.Config, memory), threads: 2);
        var logits = new List<float>();
        foreach (var tokens in golden.Tokens.Chunk(block))
        {
            logits.AddRange(TinyModel.Logits(run, tokens, tokens.Length));
        }

        AssertClose(golden.Logits, [.. logits], Tolerance);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("delta")]
    [InlineData("lora")]
    public void What_is_remembered_is_what_the_reference_remembers(string name)
    {
        var golden = InfiniGolden.Read(name);
        using var model = TinyModel.Load(golden.Model);
        var adapter = InfiniAdapter.Load(golden.AdapterPath, model.Config, InfiniGolden.ModelHash);
        var memory = adapter.CreateMemory(model.Config);
        using var run = adapter.Apply(model).CreateSession(adapter.Attend(model.Config, memory), threads: 2);
        run.Forward(golden.Tokens, []);
        var width = model.Config.HeadDim;
        for (var i = 0; i < golden.Memories.Length; i++)
        {
            var state = memory.State(i / memory.Heads, i % memory.Heads);
            for (var key = 0; key < width; key++)
            {
                for (var value = 0; value < width; value++)
                {
                    Assert.Equal(golden.Memories[i].Matrix[(key * width) + value], state[(value * width) + key], 1e-4);
                }

                Assert.Equal(golden.Memories[i].Normalizer[key], state[(width * width) + key], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen3")]
    public void Closed_gates_give_the_plain_logits_within_a_window_bit_for_bit(string name)
    {
        using var model = TinyModel.Load(name);
        int[] tokens = [.. Enumerable.Range(0, model.Config.ContextLength).Select(i => i * 7 % 40)];
        using var plain = model.CreateSession(threads: 2);
        using var run = Closed(model);
        Assert.Equal(TinyModel.Logits(plain, tokens, 64), TinyModel.Logits(run, tokens, 64));
    }

    [Fact]
    public void Behind_the_window_closed_gates_give_what_the_model_says_of_each_segment_by_itself()
    {
        using var model = TinyModel.Load("llama");
        int[] tokens = [.. Enumerable.Range(0, 200).Select(i => i * 11 % 40)];
        using var run = Closed(model);
        var expected = new List<float>();
        foreach (var segment in tokens.Chunk(64))
        {
            using var plain = model.CreateSession(threads: 1);
            expected.AddRange(TinyModel.Logits(plain, segment, segment.Length));
        }

        Assert.Equal(expected, TinyModel.Logits(run, tokens, tokens.Length));
        Assert.Equal(200, run.Position);
    }

    [Fact]
    public async Task Generation_goes_on_behind_the_window()
    {
        using var model = TinyModel.Load("llama");
        using var run = Closed(model);
        var tokens = await run.GenerateAsync(new[] { 1, 2, 3 }, logits => logits.IndexOf(Largest(logits)), 150, [])
            .CountAsync(TestContext.Current.CancellationToken);
        Assert.Equal(150, tokens);

        static float Largest(ReadOnlySpan<float> logits)
        {
            var largest = logits[0];
            foreach (var logit in logits)
            {
                largest = Math.Max(largest, logit);
            }

            return largest;
        }
    }

    [Fact]
    public void A_change_that_does_not_fit_the_model_is_refused()
    {
        using var model = TinyModel.Load("llama");
        var fits = new LoraAdapter(0, AttentionProjection.Query, 1, new float[16], new float[16]);
        using var changed = model.WithLora([fits]);
        Assert.Throws<ArgumentException>("change", () => model.WithLora([fits with { Rank = 2 }]));
        Assert.Throws<ArgumentOutOfRangeException>("changes", () => model.WithLora([fits with { Layer = 2 }]));
    }

    private static DecoderSession Closed(Decoder model)
    {
        var adapter = InfiniAdapter.None(model.Config);
        return model.CreateSession(adapter.Attend(model.Config, adapter.CreateMemory(model.Config)), threads: 2);
    }

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance);
        }
    }
}
