namespace McpLongContext.Training.Loop;

/// <summary>The checkpoint of a training in the loop: its state, parameters and moments.</summary>
internal static class Checkpoint
{
    public const string FileName = "checkpoint.zip";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The SHA-256 of the weights that training began with.</param>
    /// <param name="trainer">The training.</param>
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save(string path, string model, ITrainer trainer) =>
        CheckpointArchive.Save(
            path,
            new Header(model, trainer.Shape, trainer.State),
            trainer.Parameters,
            trainer.Optimizer.Save
        );

    /// <summary>Continues from a checkpoint.</summary>
    /// <exception cref="TrainingException">
    /// The checkpoint is damaged, of another model or of other settings.
    /// </exception>
    public static void Load(string path, string model, ITrainer trainer)
    {
        var header = CheckpointArchive.Load<Header>(
            path,
            found => Require(path, found, model, trainer.Shape),
            trainer.Parameters,
            trainer.Optimizer.Load
        );
        trainer.State = header.State;
    }

    private static void Require(string path, Header header, string model, string shape)
    {
        if (header.Model != model)
        {
            throw new TrainingException(
                $"{path} is of another model ({header.Model[..12]}..., not {model[..12]}...). Give another --run, or "
                    + "the model that it was begun with."
            );
        }

        if (header.Shape != shape)
        {
            throw new TrainingException(
                $"{path} was begun with other settings: {header.Shape}, not {shape}. Give those, or another --run to begin "
                    + "anew."
            );
        }
    }

    private sealed record Header(string Model, string Shape, TrainingState State);
}
