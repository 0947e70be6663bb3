using System.Text;
using McpLongContext.Inference.Models;

namespace McpLongContext.Training.Commands;

/// <summary>The model that a training of all weights begins with.</summary>
internal static class StartingModel
{
    /// <summary>Finds the model that is named, or makes a new one in the folder of the training, once.</summary>
    /// <param name="named">A model, installed or a folder; <see langword="null"/>: a new one.</param>
    /// <param name="tokenizer">The model whose tokenizer a new one takes; <see langword="null"/>: bytes.</param>
    /// <param name="store">The installed models.</param>
    /// <param name="run">The folder of the training.</param>
    /// <param name="shape">The shape of a new model, as it is told.</param>
    /// <param name="create">Writes a new model into a folder, with the tokenizer of another folder.</param>
    /// <exception cref="TrainingException">A model is not found, or the training was begun with another shape.</exception>
    public static TrainedModel Find(
        string? named,
        string? tokenizer,
        ModelStore store,
        string run,
        string shape,
        Action<string, string?> create
    )
    {
        if (named is not null)
        {
            return TrainedModel.Find(named, store);
        }

        var created = Path.Combine(run, "start");
        var told = Path.Combine(run, "start.txt");
        shape = $"{shape}, tokenizer {tokenizer ?? "bytes"}";
        if (!File.Exists(Path.Combine(created, "model.safetensors")))
        {
            Directory.CreateDirectory(created);
            AtomicFile.Write(told, stream => stream.Write(Encoding.UTF8.GetBytes(shape)));
            create(created, tokenizer is null ? null : TrainedModel.Find(tokenizer, store).Folder);
        }
        else if (File.Exists(told) && File.ReadAllText(told) is var begun && begun != shape)
        {
            throw new TrainingException(
                $"{run} was begun with {begun}, not with {shape}: give the same, or another --run."
            );
        }

        return TrainedModel.Find(created, store);
    }
}
