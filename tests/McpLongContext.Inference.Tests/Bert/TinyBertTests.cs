using System.Numerics.Tensors;
using System.Text.Json;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Bert;

/// <summary>A random model of awkward dimensions against a float64 forward pass; see tools/golden/bert.</summary>
public sealed class TinyBertTests : IDisposable
{
    private const float Tolerance = 2e-5f;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly BertEncoder _encoder = BertEncoder.Load(Golden.PathOf("tiny-bert"));
    private readonly List<Sequence> _sequences = ReadSequences();

    private int Hidden => _encoder.Config.HiddenSize;

    public void Dispose() => _encoder.Dispose();

    [Fact]
    public void Every_state_and_pooled_vector_is_that_of_the_reference()
    {
        var run = _encoder.CreateSession();
        var pooled = new float[Hidden];
        foreach (var sequence in _sequences)
        {
            var states = Encode(run, sequence);
            Pooling.MeanNormalized(states, pooled);
            AssertClose(sequence.States, states);
            AssertClose(sequence.Pooled, pooled);
        }
    }

    [Fact]
    public void In_int8_every_state_is_near_that_of_the_reference()
    {
        using var encoder = BertEncoder.Load(Golden.PathOf("tiny-bert"), Precision.Int8);
        var run = encoder.CreateSession();
        foreach (var sequence in _sequences)
        {
            var similarity = TensorPrimitives.CosineSimilarity<float>(sequence.States, Encode(run, sequence));
            Assert.InRange(similarity, 0.995f, 0.9999999f);
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Int8)]
    public void Encoding_again_allocates_nothing(Precision precision)
    {
        using var encoder = BertEncoder.Load(Golden.PathOf("tiny-bert"), precision);
        var run = encoder.CreateSession();
        var tokens = _sequences[^1].Tokens;
        var states = new float[tokens.Length * Hidden];
        int[] lengths = [tokens.Length];
        for (var i = 0; i < 100; i++)
        {
            run.Encode(tokens, lengths, states);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            run.Encode(tokens, lengths, states);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Sequences_of_a_batch_do_not_see_each_other()
    {
        var expected = _sequences.SelectMany(s => s.States).ToArray();
        var states = new float[expected.Length];

        _encoder
            .CreateSession()
            .Encode([.. _sequences.SelectMany(s => s.Tokens)], [.. _sequences.Select(s => s.Tokens.Length)], states);

        AssertClose(expected, states);
    }

    [Fact]
    public void A_run_does_not_remember_the_batch_before()
    {
        var run = _encoder.CreateSession();
        var longest = _sequences[^1];
        _ = Encode(run, longest);

        Assert.Equal(Encode(_encoder.CreateSession(), _sequences[2]), Encode(run, _sequences[2]));
    }

    [Fact]
    public void A_batch_of_nothing_is_nothing() => _encoder.CreateSession().Encode([], [], []);

    [Fact]
    public async Task Workers_share_an_encoder()
    {
        var workers = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(() =>
                {
                    var run = _encoder.CreateSession();
                    foreach (var sequence in Enumerable.Repeat(_sequences, 20).SelectMany(s => s))
                    {
                        AssertClose(sequence.States, Encode(run, sequence));
                    }
                })
            );

        await Task.WhenAll(workers);
    }

    [Fact]
    public void Input_that_does_not_fit_is_rejected_by_name()
    {
        var run = _encoder.CreateSession();
        AssertRejected("lengths", () => run.Encode(new int[3], [2], new float[2 * Hidden]));
        AssertRejected("lengths", () => run.Encode(new int[1], [1, 0], new float[Hidden]));
        AssertRejected("lengths", () => run.Encode(new int[41], [41], new float[41 * Hidden]));
        AssertRejected("lengths", () => run.Encode(new int[1], [-1, 2], new float[Hidden]));
        AssertRejected("states", () => run.Encode(new int[1], [1], new float[Hidden + 1]));
        AssertRejected("tokens", () => run.Encode([48], [1], new float[Hidden]));
        AssertRejected("tokens", () => run.Encode([-1], [1], new float[Hidden]));
        AssertRejected("text", () => _encoder.AppendSequence(new int[39], []));
    }

    [Fact]
    public void The_mean_is_taken_over_tokens_and_has_length_one()
    {
        var pooled = new float[2];
        Pooling.MeanNormalized([1f, 0f, 5f, 8f], pooled);
        Assert.Equal([0.6f, 0.8f], pooled);

        Pooling.MeanNormalized([1f, -1f, -1f, 1f], pooled);
        Assert.Equal([0f, 0f], pooled);

        AssertRejected("states", () => Pooling.MeanNormalized([], new float[2]));
        AssertRejected("states", () => Pooling.MeanNormalized(new float[3], new float[2]));
    }

    private float[] Encode(BertSession run, Sequence sequence)
    {
        var states = new float[sequence.Tokens.Length * Hidden];
        run.Encode(sequence.Tokens, [sequence.Tokens.Length], states);
        return states;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], Tolerance);
        }
    }

    private static void AssertRejected(string argument, Action action) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(action).ParamName);

    private static List<Sequence> ReadSequences()
    {
        using var stream = Golden.Open("tiny-bert/golden.json");
        return JsonSerializer.Deserialize<List<Sequence>>(stream, s_json)!;
    }

    private sealed record Sequence(int[] Tokens, float[] Pooled, float[] States);
}
