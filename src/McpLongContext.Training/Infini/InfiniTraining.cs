using System.Diagnostics;
using System.Runtime.InteropServices;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Reports;
using McpLongContext.Training.Tasks;
using TorchSharp;

namespace McpLongContext.Training.Infini;

/// <summary>
/// A whole training of an adapter, from the model to the file: filler, steps, evaluations in the product's engine,
/// checkpoints, metrics and the picture.
/// </summary>
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
    /// <summary>Steps between two checkpoints.</summary>
    private const int CheckpointEvery = 25;

    /// <summary>Evaluations without gain at the last level after which training ends.</summary>
    private const int Patience = 3;

    private readonly string _checkpoint = Path.Combine(folder, Checkpoint.FileName);
    private readonly MetricsLog _metrics = new(Path.Combine(folder, MetricsLog.FileName));

    /// <summary>The adapter that was best on what is held out.</summary>
    public string AdapterPath { get; } = Path.Combine(folder, InfiniAdapter.FileName);

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="corpus">Documents of the user, around which and from which facts are taken; may be empty.</param>
    /// <param name="start">An adapter or LoRA to begin with.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off; the last step is kept.</param>
    /// <returns>How far it came.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public TrainingState Run(
        IReadOnlyList<string> corpus,
        IReadOnlyList<LoraAdapter> start,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        Directory.CreateDirectory(folder);
        torch.set_num_threads(threads);
        var tokenizer = ModelTokenizer.Load(trained.Folder);
        using var engine = Decoder.Load(trained.Folder, Precision.Float32, threads);
        var filler = ReadFiller(engine, tokenizer, corpus, progress, cancellation);
        using var model = InfiniDecoder.Load(trained.Folder, settings.Adapter);
        var tasks = TaskMix.Parse(settings.Tasks, corpus, settings.MostKeys);
        using var trainer = new InfiniTrainer(model, tokenizer, filler, tasks, settings);
        AdapterExport.Load(model, start);
        if (File.Exists(_checkpoint))
        {
            Checkpoint.Load(_checkpoint, trained.Weights, settings, model, trainer);
            _metrics.Truncate(trainer.State.Step);
            progress.Tell($"continuing after step {trainer.State.Step}");
        }

        var evaluation = new HeldOutEvaluation(engine, tokenizer, filler, tasks.Tasks[0].Task, threads);
        Train(model, trainer, evaluation, progress, cancellation);
        return trainer.State;
    }

    private void Train(
        InfiniDecoder model,
        InfiniTrainer trainer,
        HeldOutEvaluation evaluation,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        var (clock, before) = (time.GetTimestamp(), trainer.State);
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        while (trainer.State.Step < settings.Steps && trainer.State.WithoutGain < Patience)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                cancellation.ThrowIfCancellationRequested();
            }

            var result = trainer.Step();
            if (!result.IsFinite)
            {
                throw new TrainingException(
                    $"step {trainer.State.Step + 1}: the loss is no number. The checkpoint of an earlier step and the best "
                        + $"adapter so far are in {folder}. Train with a lower --learning-rate."
                );
            }

            process.Refresh();
            trainer.State = trainer.State with
            {
                Seconds = before.Seconds + time.GetElapsedTime(clock).TotalSeconds,
                ProcessorSeconds = before.ProcessorSeconds + (process.TotalProcessorTime - processor).TotalSeconds,
            };
            _metrics.Append(LineOf(trainer.State, result));
            progress.Report(trainer.State, result, settings.Steps);
            if (trainer.State.Step % settings.EvaluateEvery == 0 || trainer.State.Step == settings.Steps)
            {
                Evaluate(model, trainer, evaluation, progress, cancellation);
            }

            if (trainer.State.Step % CheckpointEvery == 0 || trainer.State.Step == settings.Steps)
            {
                Save();
            }
        }

        void Save() => Checkpoint.Save(_checkpoint, trained.Weights, settings, model, trainer);
    }

    /// <summary>
    /// Evaluates the adapter of this step as it would be installed, and keeps it where it is the best one.
    /// </summary>
    private void Evaluate(
        InfiniDecoder model,
        InfiniTrainer trainer,
        HeldOutEvaluation evaluation,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        var state = trainer.State;
        var candidate = AdapterPath + ".candidate";
        AdapterExport.Save(candidate, model, trained.Weights, settings, Notes(state));
        var recall = evaluation.Run(
            InfiniAdapter.Load(candidate, model.Config, trained.Weights),
            settings.HeldOutLengths,
            settings.HeldOutTexts,
            settings.Seed,
            cancellation
        );
        var score = recall.Values.Average();
        // Of equally good ones the later: it has seen more.
        var isBest = score >= state.Best;
        if (isBest)
        {
            File.Move(candidate, AdapterPath, overwrite: true);
        }
        else
        {
            File.Delete(candidate);
        }

        trainer.State = state with
        {
            Best = Math.Max(score, state.Best),
            WithoutGain = score > state.Best || !trainer.IsAtLastLevel ? 0 : state.WithoutGain + 1,
        };
        _metrics.Append(
            new MetricsLine
            {
                Step = state.Step,
                Level = state.Level,
                HeldOut = recall,
                Gates = GatesOf(model),
                Seconds = state.Seconds,
                ProcessorSeconds = state.ProcessorSeconds,
            }
        );
        TrainingPicture.Save(Path.Combine(folder, TrainingPicture.FileName), trained.Name, _metrics.Read());
        progress.Report(state.Step, recall);
    }

    private Dictionary<string, string> Notes(TrainingState state) =>
        new(StringComparer.Ordinal)
        {
            ["steps"] = $"{state.Step}",
            ["seed"] = $"{settings.Seed}",
            ["tasks"] = string.Join(' ', settings.Tasks),
            ["rank"] = $"{settings.Adapter.Rank}",
        };

    /// <summary>The user's documents, and what the model writes itself, which is kept for the next time.</summary>
    private FillerText ReadFiller(
        Decoder engine,
        Tokenizer tokenizer,
        IReadOnlyList<string> corpus,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        int[] own = [];
        if (settings.OwnTokens > 0)
        {
            var path = Path.Combine(folder, $"own-text-{settings.OwnTokens}-{settings.Seed}.tokens");
            if (!File.Exists(path))
            {
                var written = OwnText.Write(
                    engine,
                    tokenizer,
                    settings.OwnTokens,
                    (ulong)settings.Seed,
                    threads,
                    count => progress.Tell($"filler: {count} of {settings.OwnTokens} tokens written by the model"),
                    cancellation
                );
                AtomicFile.Write(path, stream => stream.Write(MemoryMarshal.AsBytes<int>(written)));
            }

            own = [.. MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(path))];
        }

        return new FillerText(corpus.Select(text => tokenizer.Encode(text)), own);
    }

    private static MetricsLine LineOf(TrainingState state, StepResult result) =>
        new()
        {
            Step = state.Step,
            Level = state.Level,
            AnswerLoss = result.AnswerLoss,
            LanguageLoss = result.LanguageLoss,
            Exact = result.Exact,
            Seconds = state.Seconds,
            ProcessorSeconds = state.ProcessorSeconds,
        };

    private static double[][] GatesOf(InfiniDecoder model) =>
        [
            .. model.Gates.Select(betas =>
                betas.detach().data<float>().Select(beta => Math.Round(1 / (1 + Math.Exp(-beta)), 4)).ToArray()
            ),
        ];
}
