using System.Text;
using McpLongContext.Inference.Bits;
using McpLongContext.Training.Bits;

namespace McpLongContext.Training.Tests.Bits;

public sealed class BitTrainingTests : IDisposable
{
    private static readonly BitTrainingSettings s_settings = new()
    {
        Model = new BitTransformerConfig
        {
            Width = 32,
            HeadCount = 4,
            LayerCount = 2,
            FeedForwardSize = 64,
            MaxLength = 128,
            ChunkSize = 64,
            ChunkOverlap = 32,
        },
        BatchSize = 4,
        Steps = 60,
        WarmUp = 5,
        EvaluateEvery = 30,
        LearningRate = 1e-2,
    };

    private static readonly BitCorpus s_corpus = new(Text(300), Text(80));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Training_learns_a_repeated_text()
    {
        var training = Create("run", s_settings);

        var state = training.Run(TextWriter.Null, CancellationToken.None);

        Assert.Equal(60, state.Step);
        Assert.InRange(state.Best, 0, 0.6);
        Assert.Equal(s_settings.Model, BitTransformer.Load(training.ModelPath).Config);
    }

    [Fact]
    public void What_cannot_be_predicted_gives_a_model_all_the_same()
    {
        var (trained, heldOut) = (new byte[400], new byte[400]);
        new Random(1).NextBytes(trained);
        new Random(2).NextBytes(heldOut);
        var settings = s_settings with { Steps = 1, LearningRate = 1e-9 };
        var training = new BitTraining(
            new BitCorpus(trained, heldOut),
            Path.Combine(_folder.FullName, "noise"),
            settings,
            TimeProvider.System
        );

        Assert.InRange(training.Run(TextWriter.Null, CancellationToken.None).Best, 1, 2);
        Assert.Equal(settings.Model, BitTransformer.Load(training.ModelPath).Config);
    }

    [Fact]
    public void A_training_that_was_broken_off_continues_to_the_same_model()
    {
        var whole = Create("whole", s_settings).Run(TextWriter.Null, CancellationToken.None);
        Create("parts", s_settings with { Steps = 30 }).Run(TextWriter.Null, CancellationToken.None);
        var parts = Create("parts", s_settings).Run(TextWriter.Null, CancellationToken.None);

        Assert.Equal(whole.Step, parts.Step);
        Assert.Equal(whole.Bits, parts.Bits);
        // The rate of the first half descends over 30 steps, that of the whole over 60.
        Assert.Equal(whole.Best, parts.Best, 0.1);
    }

    [Fact]
    public void Another_model_does_not_continue_a_training()
    {
        Create("run", s_settings with { Steps = 30 }).Run(TextWriter.Null, CancellationToken.None);
        var other = s_settings with { Model = s_settings.Model with { Width = 64 } };

        var error = Assert.Throws<TrainingException>(() =>
            Create("run", other).Run(TextWriter.Null, CancellationToken.None)
        );

        Assert.Contains("was begun with d_model 32, not 64", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, 1, 0.5, true)]
    [InlineData(true, true, 2, 1, false)]
    public void Every_switch_can_be_trained(bool reversible, bool act, int accumulate, double direct, bool half)
    {
        var settings = s_settings with
        {
            Model = s_settings.Model with { IsReversible = reversible, IsAdaptive = act, Parity = true },
            Accumulate = accumulate,
            DirectShare = direct,
            IsHalf = half,
            Steps = 20,
            EvaluateEvery = 20,
        };

        Assert.InRange(Create("run", settings).Run(TextWriter.Null, CancellationToken.None).Best, 0, 1);
    }

    [Fact]
    public void A_model_of_runs_is_trained_and_judged_on_their_code_and_says_so()
    {
        var (trained, heldOut) = (Stripes(400), Stripes(100));
        var settings = s_settings with { Model = s_settings.Model with { RunLength = true }, DirectShare = 0 };
        var training = new BitTraining(
            new BitCorpus(trained, heldOut),
            Path.Combine(_folder.FullName, "stripes"),
            settings,
            TimeProvider.System
        );

        var state = training.Run(TextWriter.Null, CancellationToken.None);

        // Read as they are, the bytes of a stripe cost next to nothing: the code has all of its information in few bits.
        Assert.InRange(state.Best, 0, 0.6);
        Assert.True(BitTransformer.Load(training.ModelPath).Config.RunLength);
    }

    [Fact]
    public void Too_few_bytes_are_refused_by_name()
    {
        var error = Assert.Throws<TrainingException>(() => new BitCorpus(new byte[5], new byte[5]).Require(18));

        Assert.Contains(
            "5 bytes to train on and 5 held out found, expected more than 18",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private BitTraining Create(string name, BitTrainingSettings settings) =>
        new(s_corpus, Path.Combine(_folder.FullName, name), settings, TimeProvider.System);

    private static byte[] Stripes(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)('a' + (i % 3)), 40 + (10 * (i % 3))))];

    private static byte[] Text(int lines)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
        {
            text.Append("the same line again and again\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
