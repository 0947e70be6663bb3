using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Training.Encoders.Pairs;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.Bert;
using TorchSharp;

namespace McpLongContext.Training.Encoders;

/// <summary>A whole training of an encoder's adapter, from the encoder to the file.</summary>
/// <param name="trained">The encoder.</param>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="settings">How to train.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="time">The clock.</param>
internal sealed class EncoderTraining(
    TrainedModel trained,
    string folder,
    EncoderSettings settings,
    int threads,
    TimeProvider time
)
{
    private readonly EncoderAdapterFile _file = new(folder, trained.Weights);

    /// <summary>The adapter that was best on what is held out.</summary>
    public string AdapterPath => _file.Best;

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="sources">The pairs.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off, as <see cref="TrainingLoop.Run"/> says.</param>
    /// <returns>How far it came.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public TrainingState Run(
        IReadOnlyList<PairSource> sources,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        torch.set_num_threads(threads);
        using var plain = BertEncoder.Load(trained.Folder, Precision.Int8);
        using var model = BertModule.Load(trained.Folder, settings.Adapter);
        using var trainer = new EncoderTrainer(model, plain, trained.Folder, sources, settings, threads, _file);
        if (!TrainingLoop.IsBegun(folder))
        {
            var before = trainer.EvaluatePlain(cancellation);
            // An adapter has to be as good as none; one of fewer dimensions has no such baseline.
            if (settings.Adapter.Dimensions is null)
            {
                trainer.State = trainer.State with { Best = before.Values.Average() };
            }

            progress.Tell(
                "without an adapter, held out: "
                    + string.Join("; ", before.Select(one => $"{one.Key} {one.Value:0.###}"))
            );
        }

        var length = new LoopSettings(settings.Steps, settings.EvaluateEvery);
        var loop = new TrainingLoop(folder, trained.Name, trained.Weights, length, time, progress);
        return loop.Run(trainer, cancellation);
    }
}
