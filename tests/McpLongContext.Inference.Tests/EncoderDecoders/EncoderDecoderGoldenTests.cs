using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.EncoderDecoders;

/// <summary>Tiny random models of every family against a float64 forward pass.</summary>
public sealed class EncoderDecoderGoldenTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly EncoderDecoderFolder _folder = new();

    public static TheoryData<string> Names => [.. TinyEncoderDecoder.All.Select(one => one.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoder_states_are_those_of_the_reference(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load();

        AssertClose(golden.ExpectedStates, Encode(model, golden.Source), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_the_reference(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load();
        using var target = model.CreateTarget(Encode(model, golden.Source), threads: 2);

        AssertClose(golden.ExpectedLogits, Write(target, golden.Target, hypotheses: 1), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hypothesis_is_not_changed_by_others_beside_it(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load();
        using var target = model.CreateTarget(Encode(model, golden.Source), threads: 2);

        AssertClose(golden.ExpectedLogits, Write(target, golden.Target, hypotheses: 3), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Int8_is_near_the_reference(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load(Precision.Int8);
        using var target = model.CreateTarget(Encode(model, golden.Source), threads: 2);

        var logits = Write(target, golden.Target, hypotheses: 1);

        var expected = golden.ExpectedLogits;
        var error = Math.Sqrt(logits.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Sum());
        Assert.InRange(error / Math.Sqrt(expected.Sum(one => (double)one * one)), 0, 0.06);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Searches_find_what_the_reference_finds(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load();
        var states = Encode(model, golden.Source);
        foreach (var search in golden.Searches)
        {
            using var target = model.CreateTarget(states, threads: 2);
            var settings = new BeamSettings
            {
                Beams = search.Beams,
                LengthPenalty = search.Penalty,
                NoRepeatNgram = search.Ngram,
                MinLength = search.Least,
                MaxLength = search.Most,
                EarlyStopping = search.Early,
                ForcedBegin = search.ForcedBegin,
                ForcedEnd = search.ForcedEnd,
            };

            var found = new BeamSearch(target, settings).Run();

            var expected = search.Tokens[^1] == model.Config.End ? search.Tokens[..^1] : search.Tokens;
            Assert.Equal(expected, found.Tokens);
            Assert.Equal(search.Score, found.Score, 1e-4);
            Assert.Equal(found.Tokens.Count, found.Rows.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_prompt_is_continued_as_if_it_had_been_written(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        using var model = _folder.Write(golden).Load();
        var states = Encode(model, golden.Source);
        var greedy = new BeamSettings
        {
            Beams = 1,
            NoRepeatNgram = 0,
            MaxLength = 12,
            MinLength = 12,
        };
        using var target = model.CreateTarget(states, threads: 2);
        var whole = new BeamSearch(target, greedy).Run().Tokens;
        using var prompted = model.CreateTarget(states, threads: 2);

        var found = new BeamSearch(prompted, greedy, prompt: [.. whole.Take(3)]).Run();

        Assert.Equal(whole, found.Tokens);
        Assert.Equal(found.Tokens.Count, found.Rows.Count);
    }

    [Fact]
    public void A_search_that_is_canceled_returns_what_it_has()
    {
        var golden = TinyEncoderDecoder.Of("t5");
        using var model = _folder.Write(golden).Load();
        using var target = model.CreateTarget(Encode(model, golden.Source), threads: 1);
        using var cancellation = new CancellationTokenSource();

        var found = new BeamSearch(target, new BeamSettings { NoRepeatNgram = 0 }).Run(
            written =>
            {
                if (written == 3)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token
        );

        Assert.True(found.IsPartial);
        Assert.Equal(3, found.Tokens.Count);
    }

    private static float[] Encode(EncoderDecoder model, int[] source)
    {
        using var encoder = model.CreateEncoder(threads: 2);
        // A longer one first: buffers are used again.
        encoder.Encode([.. source, .. source], new float[2 * source.Length * model.Config.HiddenSize]);
        var states = new float[source.Length * model.Config.HiddenSize];
        encoder.Encode(source, states);
        return states;
    }

    /// <summary>The logits of one hypothesis; those beside it write other tokens, and change places with it.</summary>
    private static float[] Write(TargetSession target, int[] tokens, int hypotheses)
    {
        var vocabulary = target.Model.Config.VocabularySize;
        var logits = new float[tokens.Length * vocabulary];
        var step = new float[hypotheses * vocabulary];
        var place = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var next = (place + 1) % hypotheses;
            int[] written = [.. Enumerable.Range(0, hypotheses).Select(one => one == next ? tokens[i] : (i * 7) + one)];
            int[] parents = i == 0 ? [] : [.. Enumerable.Range(0, hypotheses).Select(one => one == next ? place : one)];
            target.Step([.. written.Select(one => one % vocabulary)], parents, step);
            step.AsSpan(next * vocabulary, vocabulary).CopyTo(logits.AsSpan(i * vocabulary));
            place = next;
        }

        return logits;
    }

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                MathF.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, MathF.Abs(expected[i])),
                $"{found[i]} found at {i}, expected {expected[i]}"
            );
        }
    }
}
