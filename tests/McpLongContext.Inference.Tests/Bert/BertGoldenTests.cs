using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using McpLongContext.Inference.Bert;

namespace McpLongContext.Inference.Tests.Bert;

/// <summary>all-MiniLM-L6-v2 against a float64 forward pass; see tools/golden/bert.</summary>
public sealed class BertGoldenTests : IClassFixture<MiniLm>, IDisposable
{
    private const float LeastCosine = 0.99999f;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly BertEncoder _encoder;
    private readonly IReadOnlyList<GoldenText> _texts;

    public BertGoldenTests(MiniLm model)
    {
        _encoder = BertEncoder.Load(model.Folder);
        _texts = ReadTexts(_encoder.Config.HiddenSize);
    }

    public void Dispose() => _encoder.Dispose();

    [Fact]
    public void Text_becomes_the_sequence_of_the_reference()
    {
        foreach (var text in _texts)
        {
            var ids = _encoder.Tokenizer.Tokenize(text.Text).AsSpan();
            var sequence = new List<int>();
            _encoder.AppendSequence(ids[..Math.Min(ids.Length, text.Tokens.Length - 2)], sequence);
            Assert.Equal(text.Tokens, sequence);
        }
    }

    [Fact]
    public void A_batch_of_mixed_lengths_has_the_states_and_pooled_vectors_of_the_reference()
    {
        var hidden = _encoder.Config.HiddenSize;
        var tokens = _texts.SelectMany(t => t.Tokens).ToArray();
        var states = new float[tokens.Length * hidden];
        _encoder.CreateRun().Encode(tokens, [.. _texts.Select(t => t.Tokens.Length)], states);

        var pooled = new float[hidden];
        var start = 0;
        foreach (var text in _texts)
        {
            var sequence = states.AsSpan(start, text.Tokens.Length * hidden);
            Pooling.MeanNormalised(sequence, pooled);
            AssertSimilar(text.Pooled, pooled, $"pooled vector of '{text.Text}'");
            foreach (var (position, expected) in text.Sampled.Zip(text.States))
                AssertSimilar(
                    expected,
                    sequence.Slice(position * hidden, hidden),
                    $"state {position} of '{text.Text}'"
                );
            start += sequence.Length;
        }
    }

    private static void AssertSimilar(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, string what)
    {
        var cosine = TensorPrimitives.CosineSimilarity(expected, found);
        Assert.True(cosine >= LeastCosine, $"{what}: cosine {cosine}");
        Assert.Equal(
            TensorPrimitives.Norm(expected),
            TensorPrimitives.Norm(found),
            1e-3f * TensorPrimitives.Norm(expected)
        );
    }

    private static List<GoldenText> ReadTexts(int hidden)
    {
        using var json = Golden.Open("minilm.json");
        using var binary = Golden.Open("minilm.bin");
        var texts = JsonSerializer.Deserialize<List<GoldenText>>(json, s_json)!;
        foreach (var text in texts)
        {
            text.Pooled = ReadVector(binary, hidden);
            text.States = [.. text.Sampled.Select(_ => ReadVector(binary, hidden))];
        }
        Assert.Equal(binary.Length, binary.Position);
        return texts;
    }

    private static float[] ReadVector(FileStream stream, int length)
    {
        var vector = new float[length];
        stream.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
        return vector;
    }

    private sealed record GoldenText(string Text, int[] Tokens, int[] Sampled)
    {
        public float[] Pooled { get; set; } = [];

        public float[][] States { get; set; } = [];
    }
}
