using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.EncoderDecoders;
using McpLongContext.Training.Unlimiformer.Examples;
using TorchSharp;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>A whole training of an encoder-decoder, from the folder it begins with to the folder that is installed.</summary>
/// <param name="start">The model that training begins with.</param>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="settings">How to train.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="time">The clock.</param>
internal sealed class UnlimiformerTraining(
    TrainedModel start,
    string folder,
    UnlimiformerSettings settings,
    int threads,
    TimeProvider time
)
{
    /// <summary>The folder of the model that was best on what is held out.</summary>
    public string Best { get; } = Path.Combine(folder, "best");

    /// <summary>The folder of the model that is measured.</summary>
    private string Candidate { get; } = Path.Combine(folder, "candidate");

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="examplesOf">Makes the examples for the model's tokenizer.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off, as <see cref="TrainingLoop.Run"/> says.</param>
    /// <returns>How far it came, and the best model's measurements of examples that nothing was chosen by.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public (TrainingState State, IReadOnlyList<(string Name, TargetScores Scores)> Test) Run(
        Func<Tokenizer, EncoderDecoderConfig, ISourceExamples> examplesOf,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        Directory.CreateDirectory(Best);
        Directory.CreateDirectory(Candidate);
        torch.set_num_threads(threads);
        EncoderDecoderFolder.CopyDescription(start.Folder, Best);
        EncoderDecoderFolder.CopyDescription(start.Folder, Candidate);
        using var model = EncoderDecoderModel.Load(start.Folder);
        var tokenizer = ModelTokenizer.Load(start.Folder, model.Config.VocabularySize);
        // As a summary frames its source where nothing is instructed.
        var frame = SourceFrame.Of(model.Config, tokenizer.Encode(BeamSettings.Read(start.Folder).Prefix));
        var examples = examplesOf(tokenizer, model.Config);
        var reader = new SourceReader(model, frame, settings.Overlap);
        using var trainer = new UnlimiformerTrainer(model, reader, examples, settings, Measure, Keep);
        var length = new LoopSettings(settings.Steps, settings.EvaluateEvery);
        var loop = new TrainingLoop(folder, start.Name, start.Weights, length, time, progress);
        var state = loop.Run(trainer, cancellation);
        var best = new TargetEvaluation(Best, tokenizer, frame, settings, threads);
        return (
            state,
            [.. examples.Test.Select(one => (one.Name, best.Run(one.Examples, examples.IsExact, cancellation)))]
        );

        TargetScores Measure(CancellationToken stop)
        {
            EncoderDecoderFolder.WriteWeights(Candidate, model);
            var evaluation = new TargetEvaluation(Candidate, tokenizer, frame, settings, threads);
            return evaluation.Run(examples.HeldOut, examples.IsExact, stop);
        }

        void Keep() => EncoderDecoderFolder.WriteWeights(Best, model);
    }
}
