using System.Numerics.Tensors;
using System.Text.Json;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>stories15M, as the product installs it, against a double-precision forward pass; see tools/golden/llama.</summary>
public sealed class StoriesTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private Story _story = null!;
    private string _folder = "";

    public async ValueTask InitializeAsync()
    {
        await using var stream = Golden.Open("stories15m.json");
        _story = (await JsonSerializer.DeserializeAsync<Story>(stream, s_json))!;
        _folder = await TestModels.StoriesAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Logits_are_within_a_ten_thousandth_of_the_reference()
    {
        using var model = Decoder.Load(_folder, Precision.Float32);
        using var run = model.CreateSession(threads: 2);
        int[] tokens = [.. _story.Prompt, .. _story.Tokens[..^1]];
        var states = new float[tokens.Length * model.Config.HiddenSize];
        var logits = new float[tokens.Length * model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        foreach (var (position, ids, expected) in _story.Positions)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.Equal(expected[i], logits[(position * model.Config.VocabularySize) + ids[i]], 1e-4f);
            }
        }
    }

    [Fact]
    public async Task Two_hundred_greedy_tokens_are_those_of_the_reference()
    {
        using var model = Decoder.Load(_folder, Precision.Float32);
        using var run = model.CreateSession(threads: 2);
        var tokens = new List<int>();
        await foreach (var token in run.GenerateAsync(_story.Prompt, Greedy, 200, []))
        {
            tokens.Add(token);
        }

        Assert.Equal(_story.Tokens, tokens);
    }

    [Fact]
    public void In_int8_nearly_all_tokens_of_the_reference_are_still_the_likeliest()
    {
        using var model = Decoder.Load(_folder);
        using var run = model.CreateSession(threads: 2);
        var states = new float[_story.Tokens.Length * model.Config.HiddenSize];
        var logits = new float[_story.Tokens.Length * model.Config.VocabularySize];
        run.Forward([.. _story.Prompt, .. _story.Tokens[..^1]], states);
        run.Logits(states, logits);
        var found = logits.Chunk(model.Config.VocabularySize).Select(row => Greedy(row));
        Assert.InRange(_story.Tokens.Zip(found).Count(pair => pair.First == pair.Second), 194, 200);
    }

    [Fact]
    public async Task A_text_ends_with_an_end_token_its_length_or_the_window()
    {
        using var model = Decoder.Load(_folder, Precision.Float32);
        using var run = model.CreateSession(new CausalAttention(model.Config, maxTokens: 30), threads: 2);
        var tokens = new List<int>();
        await foreach (var token in run.GenerateAsync(_story.Prompt, Greedy, 100, [_story.Tokens[7], -1]))
        {
            tokens.Add(token);
        }

        Assert.Equal(_story.Tokens[..7], tokens);
        Assert.Equal(_story.Prompt.Length + 7, run.Position);

        await foreach (var token in run.GenerateAsync(_story.Tokens.AsMemory(7, 1), Greedy, 3, []))
        {
            tokens.Add(token);
        }

        Assert.Equal(10, tokens.Count);
        await foreach (var token in run.GenerateAsync(_story.Tokens.AsMemory(10, 1), Greedy, 100, []))
        {
            tokens.Add(token);
        }

        Assert.Equal(30, run.Position);
    }

    [Fact]
    public async Task A_text_can_be_cancelled_between_tokens()
    {
        using var model = Decoder.Load(_folder);
        using var run = model.CreateSession(threads: 2);
        using var cancellation = new CancellationTokenSource();
        var count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in run.GenerateAsync(_story.Prompt, Greedy, 100, [], cancellation.Token))
            {
                if (++count == 3)
                {
                    await cancellation.CancelAsync();
                }
            }
        });
        Assert.Equal(3, count);
    }

    private static int Greedy(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);

    private sealed record Story(int[] Prompt, int[] Tokens, Probe[] Positions);

    private sealed record Probe(int Position, int[] Ids, float[] Logits);
}
