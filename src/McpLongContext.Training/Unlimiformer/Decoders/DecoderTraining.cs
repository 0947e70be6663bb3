using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Language;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Modules.Retrieval;
using McpLongContext.Training.Tasks;
using TorchSharp;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>A whole training of a decoder, from the model to the folder that is installed.</summary>
/// <param name="start">The model that training begins with.</param>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="settings">How to train.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="time">The clock.</param>
internal sealed class DecoderTraining(
    TrainedModel start,
    string folder,
    DecoderSettings settings,
    int threads,
    TimeProvider time
)
{
    /// <summary>The number of the documents of the measurement at the end, which nothing is chosen by.</summary>
    private const int TestDocuments = -1;

    /// <summary>The folder of the model that was best on what is held out.</summary>
    public string Best { get; } = Path.Combine(folder, "best");

    /// <summary>The folder of the model that is measured.</summary>
    private string Candidate { get; } = Path.Combine(folder, "candidate");

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="corpus">Documents of the user; may be empty.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off, as <see cref="TrainingLoop.Run"/> says.</param>
    /// <returns>How far it came, and the best model's measurements of documents that nothing was chosen by.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public (TrainingState State, IReadOnlyDictionary<string, double> Test) Run(
        IReadOnlyList<string> corpus,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        var tasks = TaskMix.Parse(settings.Tasks, corpus, settings.MostKeys, settings.MostDigits);
        Directory.CreateDirectory(Best);
        Directory.CreateDirectory(Candidate);
        torch.set_num_threads(threads);
        ModelFolder.CopyDescription(start.Folder, Best);
        ModelFolder.CopyDescription(start.Folder, Candidate);
        var tokenizer = ModelTokenizer.Load(start.Folder);
        int[] own;
        using (var engine = Decoder.Load(start.Folder, Precision.Int8, threads))
        {
            own = OwnTextFile.ReadOrWrite(
                folder,
                settings.OwnTokens,
                settings.Seed,
                engine,
                tokenizer,
                threads,
                progress,
                cancellation
            );
        }

        var filler = new FillerText(corpus.Select(text => tokenizer.Encode(text)), own);
        var frame = ChatFrame.Of(tokenizer);
        using var model = InfiniDecoder.Load(start.Folder, settings.Adapter);
        var examples = new QuestionExamples(tokenizer, frame, filler, tasks, model.Config.ContextLength);
        using var reader = new RetrievalDecoder(model, settings.LayerBeginOf(model.Config.LayerCount), frame.Before);
        ITrainingTask[] asked = [.. tasks.Tasks.Select(one => one.Task.HeldOut)];
        var evaluation = new DecoderEvaluation(tokenizer, frame, filler, examples, asked, settings, threads);
        var plain = new ExampleBuilder(tokenizer, filler);
        using var trainer = new DecoderTrainer(model, reader, examples, plain, tasks, settings, Measure, Keep);
        var length = new LoopSettings(settings.Steps, settings.EvaluateEvery);
        var loop = new TrainingLoop(folder, start.Name, start.Weights, length, time, progress);
        var state = loop.Run(trainer, cancellation);
        var seed = Seeds.Of(settings.Seed, TestDocuments);
        return (state, evaluation.Run(Best, settings.TestLengths, settings.TestTexts, seed, cancellation));

        IReadOnlyDictionary<string, double> Measure(CancellationToken stop)
        {
            MergedModel.Write(Candidate, start.Folder, model);
            return evaluation.Run(Candidate, settings.HeldOutLengths, settings.HeldOutTexts, settings.Seed, stop);
        }

        void Keep() => MergedModel.Write(Best, start.Folder, model);
    }
}
