using System.Numerics.Tensors;
using System.Text.Json;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>Random decoders of every family against a double-precision forward pass; see tools/golden/llama.</summary>
public sealed class TinyLlamaTests
{
    private const float Tolerance = 2e-5f;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Folders() =>
        ["llama", "llama3", "linear", "yarn", "mistral", "qwen2", "qwen3", "granite"];

    public static TheoryData<string> Files() => ["llama", "llama3", "linear", "yarn", "qwen2", "qwen3", "granite"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Logits_after_every_token_are_those_of_the_reference(string name) =>
        AssertLogits(name, Golden.PathOf($"tiny-llama/{name}"));

    [Theory]
    [MemberData(nameof(Files))]
    public void A_gguf_file_gives_the_same_logits(string name) =>
        AssertLogits(name, Golden.PathOf($"tiny-llama/{name}/{name}.gguf"));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(19)]
    public void Token_by_token_or_in_blocks_the_states_are_the_same(int block)
    {
        using var model = Load("qwen3");
        var golden = Read("qwen3");
        using var run = model.CreateSession(threads: 2);
        var logits = new List<float>();
        foreach (var part in golden.Tokens.Chunk(block))
        {
            logits.AddRange(Forward(model, run, part));
            Assert.Equal(logits.Count, run.Position * model.Config.VocabularySize);
        }

        AssertClose([.. golden.Logits.SelectMany(row => row)], [.. logits]);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void In_int8_logits_are_near_those_of_the_reference(string name)
    {
        using var model = Decoder.Load(Golden.PathOf($"tiny-llama/{name}"));
        var golden = Read(name);
        using var run = model.CreateSession(threads: 1);
        var logits = Forward(model, run, golden.Tokens);
        float[] expected = [.. golden.Logits.SelectMany(row => row)];
        Assert.InRange(TensorPrimitives.CosineSimilarity<float>(expected, logits), 0.998f, 0.9999999f);
    }

    [Fact]
    public void Only_the_states_of_the_last_tokens_are_given_as_far_as_there_is_room()
    {
        using var model = Load("llama");
        var golden = Read("llama");
        using var run = model.CreateSession(threads: 2);
        run.Forward(golden.Tokens.AsSpan(0, 5), []);
        Assert.Equal(5, run.Position);
        var states = new float[2 * model.Config.HiddenSize];
        run.Forward(golden.Tokens.AsSpan(5), states);
        var logits = new float[2 * model.Config.VocabularySize];
        run.Logits(states, logits);
        AssertClose([.. golden.Logits[^2], .. golden.Logits[^1]], logits);
    }

    [Fact]
    public void A_truncated_sequence_goes_on_as_if_the_rest_had_never_been()
    {
        using var model = Load("mistral");
        var golden = Read("mistral");
        using var run = model.CreateSession(threads: 2);
        run.Forward(golden.Tokens.AsSpan(0, 8), []);
        run.Forward([1, 2, 3, 4, 5, 6], []);
        run.Truncate(8);
        var logits = Forward(model, run, golden.Tokens[8..]);
        AssertClose([.. golden.Logits[8..].SelectMany(row => row)], logits);
    }

    [Fact]
    public void Another_scaling_rotates_the_keys_that_were_kept()
    {
        // The same weights, scaled as in its configuration: by the configuration, and by rescaling in mid-sequence.
        using var model = Load("linear");
        var golden = Read("linear");
        var attention = new CausalAttention(model.Config with { RotaryScaling = RotaryScaling.None });
        using var run = model.CreateSession(attention, threads: 2);
        run.Forward(golden.Tokens.AsSpan(0, 1), []);
        attention.Rescale(new LinearScaling(3), 100);
        var logits = Forward(model, run, golden.Tokens[1..]);
        AssertClose([.. golden.Logits[1..].SelectMany(row => row)], logits);
    }

    [Fact]
    public async Task Sequences_share_a_model()
    {
        using var model = Load("granite");
        var golden = Read("granite");
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(RunOften));
        await Task.WhenAll(workers);

        void RunOften()
        {
            for (var i = 0; i < 10; i++)
            {
                using var run = model.CreateSession(threads: 2);
                AssertClose([.. golden.Logits.SelectMany(row => row)], Forward(model, run, golden.Tokens));
            }
        }
    }

    [Fact]
    public void Input_that_does_not_fit_is_rejected_by_name()
    {
        using var model = Load("llama");
        using var run = model.CreateSession(threads: 1);
        var hidden = model.Config.HiddenSize;
        Assert.Throws<ArgumentException>("tokens", () => run.Forward([40], []));
        Assert.Throws<ArgumentException>("tokens", () => run.Forward([-1], []));
        Assert.Throws<ArgumentException>("states", () => run.Forward([1], new float[hidden + 1]));
        Assert.Throws<ArgumentException>("states", () => run.Forward([1], new float[2 * hidden]));
        Assert.Throws<ArgumentException>("logits", () => run.Logits(new float[hidden], new float[39]));
        Assert.Throws<ArgumentOutOfRangeException>("position", () => run.Truncate(1));
        Assert.Contains(
            "longer than the window of 64",
            Assert.Throws<InvalidOperationException>(() => run.Forward(new int[65], [])).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(0, run.Position);
    }

    [Fact]
    public void A_sequence_can_be_cancelled_between_blocks()
    {
        using var model = Load("yarn");
        using var run = model.CreateSession(threads: 1);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => run.Forward([1], [], cancelled.Token));
        Assert.Equal(0, run.Position);
    }

    private static void AssertLogits(string name, string path)
    {
        var golden = Read(name);
        using var model = Decoder.Load(path, Precision.Float32);
        using var run = model.CreateSession(threads: 2);
        AssertClose([.. golden.Logits.SelectMany(row => row)], Forward(model, run, golden.Tokens));
    }

    private static Decoder Load(string name) => Decoder.Load(Golden.PathOf($"tiny-llama/{name}"), Precision.Float32);

    private static float[] Forward(Decoder model, DecoderSession run, int[] tokens)
    {
        var states = new float[tokens.Length * model.Config.HiddenSize];
        var logits = new float[tokens.Length * model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        return logits;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], Tolerance);
        }
    }

    private static Sequence Read(string name)
    {
        using var stream = Golden.Open($"tiny-llama/{name}/golden.json");
        return JsonSerializer.Deserialize<Sequence>(stream, s_json)!;
    }

    private sealed record Sequence(int[] Tokens, float[][] Logits);
}
