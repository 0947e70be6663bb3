using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Bert;

/// <summary>all-MiniLM-L6-v2 against a float64 forward pass; see tools/golden/bert.</summary>
public sealed class BertGoldenTests : IClassFixture<MiniLm>
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly MiniLm _model;
    private readonly IReadOnlyList<GoldenText> _texts;

    public BertGoldenTests(MiniLm model)
    {
        _model = model;
        _texts = ReadTexts(hidden: 384);
    }

    [Fact]
    public void Text_becomes_the_sequence_of_the_reference()
    {
        using var encoder = BertEncoder.Load(_model.Folder);
        foreach (var text in _texts)
        {
            var ids = encoder.Tokenizer.Tokenize(text.Text).AsSpan();
            var sequence = new List<int>();
            encoder.AppendSequence(ids[..Math.Min(ids.Length, text.Tokens.Length - 2)], sequence);
            Assert.Equal(text.Tokens, sequence);
        }
    }

    [Theory]
    [InlineData(Precision.Float32, 0.99999f, 0.99999f)]
    [InlineData(Precision.Int8, 0.99f, 0.98f)]
    public void A_batch_of_mixed_lengths_has_the_pooled_vectors_and_states_of_the_reference(
        Precision precision,
        float leastPooledCosine,
        float leastStateCosine
    )
    {
        using var encoder = BertEncoder.Load(_model.Folder, precision);
        var hidden = encoder.Config.HiddenSize;
        var tokens = _texts.SelectMany(t => t.Tokens).ToArray();
        var states = new float[tokens.Length * hidden];
        encoder.CreateSession().Encode(tokens, [.. _texts.Select(t => t.Tokens.Length)], states);

        var pooled = new float[hidden];
        var start = 0;
        foreach (var text in _texts)
        {
            var sequence = states.AsSpan(start, text.Tokens.Length * hidden);
            Pooling.MeanNormalized(sequence, pooled);
            AssertSimilar(text.Pooled, pooled, leastPooledCosine, $"pooled vector of '{text.Text}'");
            foreach (var (position, expected) in text.Sampled.Zip(text.Embeddings))
            {
                AssertSimilar(
                    expected,
                    sequence.Slice(position * hidden, hidden),
                    leastStateCosine,
                    $"state {position} of '{text.Text}'"
                );
            }

            start += sequence.Length;
        }
    }

    private static void AssertSimilar(
        ReadOnlySpan<float> expected,
        ReadOnlySpan<float> found,
        float leastCosine,
        string what
    )
    {
        var cosine = TensorPrimitives.CosineSimilarity(expected, found);
        Assert.True(cosine >= leastCosine, $"{what}: cosine {cosine}");

        // Vectors of this angle and equal length are that far apart; so lengths differ by no more.
        var tolerance = MathF.Sqrt(2 * (1 - leastCosine));
        var length = TensorPrimitives.Norm(expected);
        Assert.Equal(length, TensorPrimitives.Norm(found), tolerance * length);
    }

    private static List<GoldenText> ReadTexts(int hidden)
    {
        using var json = Golden.Open("minilm.json");
        using var binary = Golden.Open("minilm.bin");
        var texts = JsonSerializer.Deserialize<List<GoldenText>>(json, s_json)!;
        foreach (var text in texts)
        {
            text.Pooled = ReadVector(binary, hidden);
            text.Embeddings = [.. text.Sampled.Select(_ => ReadVector(binary, hidden))];
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

        public float[][] Embeddings { get; set; } = [];
    }
}
