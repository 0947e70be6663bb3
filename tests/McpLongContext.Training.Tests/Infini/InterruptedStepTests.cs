using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Infini;

/// <summary>An interruption within a step of a large model, which takes a minute there.</summary>
public sealed class InterruptedStepTests : IDisposable
{
    private readonly StoryModel _model = new();

    /// <summary>Reads of a layer: with the adapter, without it, and with it again for the gradients; of two layers.</summary>
    public static TheoryData<int> Reads => [1, 3, 5];

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Reads))]
    public void A_step_ends_before_the_next_layer_and_changes_nothing(int last)
    {
        using var stop = new CancellationTokenSource();
        var settings = new InfiniSettings
        {
            Adapter = new AdapterSettings { Rank = 2, IsByLayer = true },
            SegmentTokens = 128,
            BatchSize = 2,
            EvaluateEvery = 10,
        };
        var trained = TrainedModel.Find(
            _model.Folder,
            new ModelStore(new ModelStoreOptions { Folder = _model.PathOf("none") })
        );
        var tokenizer = ModelTokenizer.Load(_model.Folder);
        var filler = new FillerText(
            [
                [.. Enumerable.Range(40, 60)],
            ],
            []
        );
        var tasks = TaskMix.Parse(["pass-key"], [], settings.MostKeys);
        using var engine = Decoder.Load(_model.Folder, Precision.Int8, threads: 1);
        using var model = InfiniDecoder.Load(_model.Folder, settings.Adapter);
        var samples = new FittingSamples(model, tokenizer);
        var evaluation = new HeldOutEvaluation(engine, tokenizer, filler, samples, [], settings, threads: 1);
        var examples = new ExampleBuilder(tokenizer, filler);
        var file = new AdapterFile(_model.PathOf("run"), trained.Weights);
        using var trainer = new InfiniTrainer(model, examples, samples, tasks, settings, evaluation, file, start: null);
        var loop = new TrainingLoop(
            _model.PathOf("run"),
            trained.Name,
            trained.Weights,
            new LoopSettings(settings.Steps, settings.EvaluateEvery),
            TimeProvider.System,
            new Silence()
        );
        var (layers, begun) = (0, new List<float[]>());
        foreach (var layer in model.Layers)
        {
            var (_, adapter) = layer.Attention.Adapters.First();
            adapter.register_forward_pre_hook(
                (_, input) =>
                {
                    // The first step is whole.
                    if (++layers == FirstStep(model) + last)
                    {
                        begun = ValuesOf(trainer);
                        stop.Cancel();
                    }

                    return input;
                }
            );
        }

        Assert.ThrowsAny<OperationCanceledException>(() => loop.Run(trainer, stop.Token));

        Assert.Equal(FirstStep(model) + last, layers);
        Assert.Equal(1, trainer.State.Step);
        Assert.Equal(begun, ValuesOf(trainer));
        trainer.State = trainer.State with { Step = 5 };
        Checkpoint.Load(Path.Combine(_model.PathOf("run"), Checkpoint.FileName), trained.Weights, trainer);
        Assert.Equal(1, trainer.State.Step);
        Assert.Equal(begun, ValuesOf(trainer));
    }

    private static int FirstStep(InfiniDecoder model) => 3 * model.Layers.Count;

    private static List<float[]> ValuesOf(InfiniTrainer trainer)
    {
        using var frozen = no_grad();
        return [.. trainer.Parameters.Select(parameter => parameter.detach().data<float>().ToArray())];
    }

    private sealed class Silence : ITrainingProgress
    {
        public void Tell(string message) { }

        public void Report(TrainingState state, StepResult result, int steps) { }

        public void Report(int step, Evaluation evaluation) { }
    }
}
