using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Bits;

/// <summary>The checkpoint of the training of a bit model: progress, parameters and moments.</summary>
internal static class BitCheckpoint
{
    public const string FileName = "bits-checkpoint.zip";

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save(string path, BitModule model, BitTrainer trainer, BitTrainingState state) =>
        CheckpointArchive.Save(
            path,
            new Header(model.Config.ToMetadata(), state, trainer.Chunks),
            BitExport.Tensors(model).Select(named => named.Value),
            trainer.Optimizer.save_state_dict
        );

    /// <summary>Continues from a checkpoint.</summary>
    /// <returns>The progress that was stored.</returns>
    /// <exception cref="TrainingException">The checkpoint is damaged, or of a model of other dimensions.</exception>
    public static BitTrainingState Load(string path, BitModule model, BitTrainer trainer)
    {
        var header = CheckpointArchive.Load<Header>(
            path,
            found => Require(path, found, model),
            BitExport.Tensors(model).Select(named => named.Value),
            trainer.Optimizer.load_state_dict
        );
        trainer.Chunks = header.Chunks;
        return header.Progress;
    }

    private static void Require(string path, Header header, BitModule model)
    {
        foreach (var (name, value) in model.Config.ToMetadata())
        {
            if (header.Model.GetValueOrDefault(name, "false") is var found && found != value)
            {
                throw new TrainingException(
                    $"{path} was begun with {name} {found}, not {value}. Give that, or another --run to begin anew."
                );
            }
        }
    }

    private sealed record Header(IReadOnlyDictionary<string, string> Model, BitTrainingState Progress, long Chunks);
}
