using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Tests.Shared;
using McpLongContext.Training.Modules.EncoderDecoders;
using McpLongContext.Training.Unlimiformer;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules.EncoderDecoders;

/// <summary>The modules against the engine that runs what they train, and against a float64 reference, on the same weights.</summary>
public sealed class EncoderDecoderModelTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly string _folder = Directory.CreateTempSubdirectory("encoder-decoder-").FullName;

    public static TheoryData<string> Names => [.. TinyEncoderDecoder.All.Select(one => one.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoder_states_are_those_of_the_engine_and_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        var (golden, model, engine) = Load(name);
        using (model)
        using (engine)
        {
            var states = Values(model.Encode(AsTensor(golden.Source)));

            AssertClose(Encode(engine, golden.Source), states, Tolerance);
            AssertClose(golden.ExpectedStates, states, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_the_engine_and_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        var (golden, model, engine) = Load(name);
        using (model)
        using (engine)
        {
            var source = model.Encode(AsTensor(golden.Source))[0];

            var logits = Values(model.Logits(AsTensor(golden.Target), source, new WholeSource()));

            using var target = engine.CreateTarget(Encode(engine, golden.Source), threads: 1);
            AssertClose(Logits(target, golden.Target), logits, Tolerance);
            AssertClose(golden.ExpectedLogits, logits, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Retrieval_from_a_long_source_gives_the_logits_of_the_engine(string name)
    {
        using var scope = NewDisposeScope();
        var (golden, model, engine) = Load(name);
        using (model)
        using (engine)
        {
            const int Top = 20;
            var document = LongSource(golden);
            var frame = SourceFrame.Of(model.Config, [7, 8]);

            var source = new SourceReader(model, frame, SourceWindow.DefaultOverlap, window: 30).Read([document])[0];
            var logits = model.Logits(AsTensor(golden.Target), source, new RetrievedTokens(Top));

            var states = new List<float>();
            using var encoder = new SourceEncoder(engine, frame, window: 30, threads: 1);
            encoder.Encode(
                document,
                (kept, _, _) =>
                {
                    states.AddRange(kept);
                    return true;
                }
            );
            AssertClose([.. states], Values(source), Tolerance);
            var attention = new RetrievalCrossAttention(
                new CrossProjections(engine),
                new ExactSource([.. states], model.Config.HiddenSize),
                Top
            );
            using var target = engine.CreateTarget(attention, threads: 1);
            AssertClose(Logits(target, golden.Target), Values(logits), 2e-4f);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_those_of_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        var (golden, model, engine) = Load(name);
        engine.Dispose();
        using (model)
        {
            var frame = SourceFrame.Of(model.Config, []);
            var document = LongSource(golden);
            var reader = new SourceReader(model, frame, SourceWindow.DefaultOverlap, window: 30);
            Loss().backward();
            foreach (var (weight, parameter) in model.Weights)
            {
                using var frozen = no_grad();
                // Along the gradient itself, where the difference is largest beside the rounding of fp32.
                var gradient = parameter.grad!;
                var norm = gradient.norm().item<float>();
                if (norm < 1e-4f)
                {
                    // The biases of keys: they add the same to all scores of a query.
                    Assert.EndsWith("bias", weight, StringComparison.Ordinal);
                    continue;
                }

                var step = gradient / norm * 0.003;
                parameter.add_(step);
                var above = Loss().item<float>();
                parameter.sub_(step * 2);
                var below = Loss().item<float>();
                parameter.add_(step);
                Assert.True(
                    Math.Abs(norm - ((above - below) / 0.006f)) < (0.02f * norm) + 5e-4f,
                    $"{weight}: {(above - below) / 0.006f} by differences, {norm} by the gradient"
                );
            }

            Tensor Loss() =>
                model
                    .Logits(AsTensor(golden.Target), reader.Read([document])[0], new WholeSource())
                    .log_softmax(-1)
                    .select(-1, 3)
                    .mean();
        }
    }

    private (TinyEncoderDecoder Golden, EncoderDecoderModel Model, EncoderDecoder Engine) Load(string name)
    {
        var golden = TinyEncoderDecoder.Of(name);
        golden.Write(_folder);
        return (golden, EncoderDecoderModel.Load(_folder), EncoderDecoder.Load(_folder, Precision.Float32, threads: 1));
    }

    private static int[] LongSource(TinyEncoderDecoder golden) =>
        [.. Enumerable.Range(0, 60).Select(i => golden.Source[i * i % golden.Source.Length])];

    private static float[] Encode(EncoderDecoder engine, int[] source)
    {
        using var encoder = engine.CreateEncoder(threads: 1);
        var states = new float[source.Length * engine.Config.HiddenSize];
        encoder.Encode(source, states);
        return states;
    }

    private static float[] Logits(TargetSession target, int[] tokens)
    {
        var vocabulary = target.Model.Config.VocabularySize;
        var logits = new float[tokens.Length * vocabulary];
        for (var i = 0; i < tokens.Length; i++)
        {
            target.Step([tokens[i]], i == 0 ? [] : [0], logits.AsSpan(i * vocabulary, vocabulary));
        }

        return logits;
    }

    /// <summary>[1, tokens].</summary>
    private static Tensor AsTensor(int[] tokens) => tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0);

    private static float[] Values(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }
}
