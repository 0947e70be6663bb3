using System.Diagnostics;
using McpLongContext.Training.Reports;

namespace McpLongContext.Training.Loop;

/// <summary>
/// Runs a training: steps, evaluations, checkpoints, metrics and the picture. It continues where an earlier run in the
/// same folder was broken off, and ends early where nothing is gained any more.
/// </summary>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="title">The name of what is trained, for the picture.</param>
/// <param name="model">The SHA-256 of the weights that training began with.</param>
/// <param name="settings">How long it lasts.</param>
/// <param name="time">The clock.</param>
/// <param name="progress">Told after every step and evaluation.</param>
internal sealed class TrainingLoop(
    string folder,
    string title,
    string model,
    LoopSettings settings,
    TimeProvider time,
    ITrainingProgress progress
)
{
    private readonly string _checkpoint = Path.Combine(folder, Checkpoint.FileName);
    private readonly MetricsLog _metrics = new(Path.Combine(folder, MetricsLog.FileName));

    /// <summary>Whether there is a checkpoint in a folder that a training would continue.</summary>
    public static bool IsBegun(string folder) => File.Exists(Path.Combine(folder, Checkpoint.FileName));

    /// <summary>Trains.</summary>
    /// <param name="trainer">The training.</param>
    /// <param name="cancellation">
    /// Breaks it off: between steps or within one, where the last whole one is kept, or within an evaluation, where the last
    /// checkpoint is.
    /// </param>
    /// <returns>How far it came.</returns>
    /// <exception cref="OperationCanceledException">The training was broken off.</exception>
    /// <exception cref="TrainingException">
    /// A checkpoint does not fit, a file cannot be written, or a loss is no number; the last good checkpoint is kept.
    /// </exception>
    public TrainingState Run(ITrainer trainer, CancellationToken cancellation)
    {
        Continue(trainer);
        var (clock, before) = (time.GetTimestamp(), trainer.State);
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        while (trainer.State.Step < settings.Steps && trainer.State.WithoutGain < LoopSettings.Patience)
        {
            var result = TakeStep(trainer, cancellation);
            if (!result.IsFinite)
            {
                throw new TrainingException(
                    $"step {trainer.State.Step + 1}: the loss is no number. The checkpoint of an earlier step and the best "
                        + $"result so far are in {folder}. Train with a lower --learning-rate."
                );
            }

            process.Refresh();
            trainer.State = trainer.State with
            {
                Seconds = before.Seconds + time.GetElapsedTime(clock).TotalSeconds,
                ProcessorSeconds = before.ProcessorSeconds + (process.TotalProcessorTime - processor).TotalSeconds,
            };
            _metrics.Append(
                LineOf(trainer.State) with
                {
                    Losses = result.Losses,
                    Shares = result.Shares,
                    SearchSeconds = result.SearchSeconds,
                }
            );
            progress.Report(trainer.State, result, settings.Steps);
            var isLast = trainer.State.Step == settings.Steps;
            if (isLast || trainer.State.Step % settings.EvaluateEvery == 0)
            {
                Evaluate(trainer, cancellation);
            }

            if (isLast || trainer.State.Step % LoopSettings.CheckpointEvery == 0)
            {
                Save(trainer);
            }
        }

        return trainer.State;
    }

    private static MetricsLine LineOf(TrainingState state) =>
        new()
        {
            Step = state.Step,
            Level = state.Level,
            Seconds = state.Seconds,
            ProcessorSeconds = state.ProcessorSeconds,
        };

    private void Continue(ITrainer trainer)
    {
        Directory.CreateDirectory(folder);
        if (!File.Exists(_checkpoint))
        {
            // Of a training that ended before its first checkpoint.
            _metrics.Truncate(lastStep: 0);
            trainer.Begin();
            return;
        }

        Checkpoint.Load(_checkpoint, model, trainer);
        _metrics.Truncate(trainer.State.Step);
        progress.Tell($"continuing after step {trainer.State.Step}");
    }

    /// <summary>Takes a step. One that is broken off changes nothing: what was before it is kept.</summary>
    private StepResult TakeStep(ITrainer trainer, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            return trainer.Step(cancellation);
        }
        catch (OperationCanceledException)
        {
            Save(trainer);
            throw;
        }
    }

    private void Save(ITrainer trainer) => Checkpoint.Save(_checkpoint, model, trainer);

    private void Evaluate(ITrainer trainer, CancellationToken cancellation)
    {
        var evaluation = trainer.Evaluate(cancellation);
        var state = trainer.State;
        // Of equally good ones the later: it has seen more.
        if (evaluation.Score >= state.Best)
        {
            trainer.Keep();
        }

        trainer.State = state with
        {
            Best = Math.Max(evaluation.Score, state.Best),
            WithoutGain = evaluation.Score > state.Best || !trainer.MayEnd ? 0 : state.WithoutGain + 1,
        };
        _metrics.Append(LineOf(state) with { HeldOut = evaluation.HeldOut, Gates = evaluation.Gates });
        TrainingPicture.Save(Path.Combine(folder, TrainingPicture.FileName), title, _metrics.Read());
        progress.Report(state.Step, evaluation);
    }
}
