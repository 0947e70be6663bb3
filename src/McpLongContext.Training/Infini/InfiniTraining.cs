using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;
using TorchSharp;

namespace McpLongContext.Training.Infini;

/// <summary>A whole training of an adapter, from the model to the file.</summary>
/// <param name="trained">The model.</param>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="settings">How to train.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="time">The clock.</param>
internal sealed class InfiniTraining(
    TrainedModel trained,
    string folder,
    InfiniSettings settings,
    int threads,
    TimeProvider time
)
{
    private readonly AdapterFile _file = new(folder, trained.Weights);

    /// <summary>The adapter that was best on what is held out.</summary>
    public string AdapterPath => _file.Best;

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="corpus">Documents of the user, around which and from which facts are taken; may be empty.</param>
    /// <param name="start">An adapter to begin with; null: none.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off, as <see cref="TrainingLoop.Run"/> says.</param>
    /// <returns>How far it came.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public TrainingState Run(
        IReadOnlyList<string> corpus,
        StartingAdapter? start,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        var tasks = TaskMix.Parse(settings.Tasks, corpus, settings.MostKeys);
        Directory.CreateDirectory(folder);
        torch.set_num_threads(threads);
        var tokenizer = ModelTokenizer.Load(trained.Folder);
        var precision = settings.Adapter.IsByLayer ? Precision.Int8 : Precision.Float32;
        using var engine = Decoder.Load(trained.Folder, precision, threads);
        var own = OwnTextFile.ReadOrWrite(
            folder,
            settings.OwnTokens,
            settings.Seed,
            engine,
            tokenizer,
            threads,
            progress,
            cancellation
        );
        var filler = new FillerText(corpus.Select(text => tokenizer.Encode(text)), own);
        using var model = InfiniDecoder.Load(trained.Folder, settings.Adapter);
        ITrainingTask[] asked = [.. tasks.Tasks.Select(one => one.Task.HeldOut)];
        var samples = new FittingSamples(model, tokenizer);
        var evaluation = new HeldOutEvaluation(engine, tokenizer, filler, samples, asked, settings, threads);
        var examples = new ExampleBuilder(tokenizer, filler);
        using var trainer = new InfiniTrainer(model, examples, samples, tasks, settings, evaluation, _file, start);
        var length = new LoopSettings(settings.Steps, settings.EvaluateEvery);
        var loop = new TrainingLoop(folder, trained.Name, trained.Weights, length, time, progress);
        return loop.Run(trainer, cancellation);
    }
}
