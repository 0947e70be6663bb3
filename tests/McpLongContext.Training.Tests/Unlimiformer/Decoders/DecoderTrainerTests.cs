using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Modules.Retrieval;
using McpLongContext.Training.Tasks;
using McpLongContext.Training.Unlimiformer;
using McpLongContext.Training.Unlimiformer.Decoders;

namespace McpLongContext.Training.Tests.Unlimiformer.Decoders;

public sealed class DecoderTrainerTests : IDisposable
{
    private readonly StoryModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("Alternating", true, false)]
    [InlineData("Retrieval", true, true)]
    [InlineData("Random", true, true)]
    [InlineData("Truncation", true, true)]
    public void Random_steps_of_an_alternating_training_say_nothing_of_the_next_level(
        string mode,
        bool first,
        bool second
    )
    {
        var settings = new DecoderSettings
        {
            Mode = Enum.Parse<UnlimiformerMode>(mode),
            StepTokens = 64,
            MostQuestions = 1,
            PlainPositions = 1,
            Adapter = new AdapterSettings { Rank = 2, Layers = new HashSet<int>() },
        };
        var tokenizer = ModelTokenizer.Load(_model.Folder);
        var filler = new FillerText(
            [
                [.. Enumerable.Range(40, 60)],
            ],
            []
        );
        var tasks = TaskMix.Parse(["pass-key"], [], settings.MostKeys);
        var frame = ChatFrame.Of(tokenizer);
        using var model = InfiniDecoder.Load(_model.Folder, settings.Adapter);
        using var reader = new RetrievalDecoder(model, layerBegin: 1, frame.Before);
        using var trainer = new DecoderTrainer(
            model,
            reader,
            new QuestionExamples(tokenizer, frame, filler, tasks, model.Config.ContextLength),
            new ExampleBuilder(tokenizer, filler),
            tasks,
            settings,
            _ => new Dictionary<string, double>(),
            () => { }
        );
        trainer.State = trainer.State with { Exact = 0.5 };

        foreach (var counts in new[] { first, second })
        {
            var before = trainer.State;
            trainer.Step(TestContext.Current.CancellationToken);
            Assert.Equal(before.Step + 1, trainer.State.Step);
            Assert.Equal(before.StepsAtLevel + 1, trainer.State.StepsAtLevel);
            Assert.Equal(counts, trainer.State.Exact != before.Exact);
        }
    }
}
