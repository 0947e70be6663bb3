using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.EncoderDecoders;
using McpLongContext.Training.Unlimiformer;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Unlimiformer;

/// <summary>A model of a few steps writes the same texts by the modules and, from its folder, by the engine.</summary>
public sealed class TrainedTextTests : IDisposable
{
    private const int MostTokens = 24;
    private const string Source = "one=1;two=2;three=3;four=4;five=5;six=6;seven=7;eight=8;nine=9;ten=10;";

    private readonly string _folder = Directory.CreateTempSubdirectory("trained-text-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("t5", 1)]
    [InlineData("t5", 3)]
    [InlineData("bart", 1)]
    [InlineData("bart", 3)]
    public void Texts_are_the_same_there_and_here(string family, int beams)
    {
        using var scope = NewDisposeScope();
        var shape = new EncoderDecoderShape
        {
            Family = family,
            HiddenSize = 32,
            Layers = 2,
            Heads = 4,
            Window = 32,
        };
        EncoderDecoderFolder.Create(_folder, shape, tokenizer: null, seed: 3);
        using var model = EncoderDecoderModel.Load(_folder);
        var tokenizer = ModelTokenizer.Load(_folder, model.Config.VocabularySize);
        var frame = SourceFrame.Of(model.Config, []);
        var source = tokenizer.Encode(Source);
        Train(model, frame, source, tokenizer.Encode("the sum of one and two is three"));
        EncoderDecoderFolder.WriteWeights(_folder, model);

        var there = Search(model, new SourceReader(model, frame, SourceWindow.DefaultOverlap).Read([source])[0], beams);

        using var engine = EncoderDecoder.Load(_folder, Precision.Float32, threads: 1);
        using var encoder = new SourceEncoder(engine, frame, shape.Window, threads: 1);
        var states = new List<float>();
        encoder.Encode(
            source,
            (kept, _, _) =>
            {
                states.AddRange(kept);
                return true;
            }
        );
        var attention = new RetrievalCrossAttention(
            new CrossProjections(engine),
            new ExactSource([.. states], engine.Config.HiddenSize),
            shape.Window
        );
        using var target = engine.CreateTarget(attention, threads: 1);
        var settings = new BeamSettings
        {
            Beams = beams,
            NoRepeatNgram = 0,
            MaxLength = MostTokens,
        };
        var here = new BeamSearch(target, settings).Run();
        Assert.Equal(tokenizer.Decode(there), tokenizer.Decode([.. here.Tokens]));
        Assert.InRange(here.Tokens.Distinct().Count(), 4, MostTokens);
    }

    private static void Train(EncoderDecoderModel model, SourceFrame frame, int[] source, int[] answer)
    {
        var reader = new SourceReader(model, frame, SourceWindow.DefaultOverlap);
        int[] answered = [.. answer, model.Config.End];
        using var optimizer = new TrainingOptimizer(
            [.. model.Weights.Values],
            gates: [],
            new OptimizerSettings
            {
                Steps = 40,
                LearningRate = 0.01,
                WarmUp = 1,
            }
        );
        for (var step = 1; step <= 20; step++)
        {
            using var scope = NewDisposeScope();
            var batch = TargetBatch.Of(model.Config, [new([], answered)], frame.Before.Count);
            var logits = model.Logits(batch.Tokens, reader.Read([source])[0], new RetrievedTokens(model.Config.Window));
            optimizer.Step(nn.functional.cross_entropy(logits.flatten(0, 1), batch.Expected.flatten()), step);
        }
    }

    /// <summary>Beam search as a text book has it: the whole target is read again at every step.</summary>
    private static int[] Search(EncoderDecoderModel model, Tensor source, int beams)
    {
        var end = model.Config.End;
        List<(int[] Tokens, double Score)> going = [([model.Config.TargetBegin], 0)];
        List<(int[] Tokens, double Score)> ended = [];
        while (going.Count > 0 && going[0].Tokens.Length < MostTokens)
        {
            var next = going
                .SelectMany(one =>
                    Likelihoods(model, source, one.Tokens)
                        .Select(
                            (likelihood, token) =>
                                (Tokens: (int[])[.. one.Tokens, token], Score: one.Score + likelihood)
                        )
                )
                .OrderByDescending(one => one.Score)
                .Take(2 * beams)
                .ToList();
            ended.AddRange(next.Take(beams).Where(one => one.Tokens[^1] == end));
            going = [.. next.Where(one => one.Tokens[^1] != end).Take(beams)];
            // One that goes on is judged by its present length, as the reference judges it.
            ended = [.. ended.OrderByDescending(Normalized).Take(beams)];
            if (ended.Count == beams && Normalized(ended[^1]) >= next[0].Score / (going[0].Tokens.Length - 1))
            {
                going.Clear();
            }
        }

        var best = ended.Concat(going).MaxBy(Normalized).Tokens;
        return [.. best.Skip(1).Where(token => token != end)];
    }

    private static double Normalized((int[] Tokens, double Score) one) => one.Score / (one.Tokens.Length - 1);

    private static double[] Likelihoods(EncoderDecoderModel model, Tensor source, int[] tokens)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var read = tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0);
        var logits = model.Logits(read, source, new RetrievedTokens(model.Config.Window))[0, tokens.Length - 1];
        return [.. logits.to_type(ScalarType.Float64).log_softmax(-1).data<double>()];
    }
}
