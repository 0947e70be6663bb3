using System.Text;
using McpLongContext.Inference.Models;

namespace McpLongContext.Training.Commands;

/// <summary>The new model that a training of all weights begins with.</summary>
internal static class NewModel
{
    /// <summary>Makes it in the folder of the training; one that a training was begun with is taken as it is.</summary>
    /// <param name="tokenizer">The model whose tokenizer it takes; <see langword="null"/>: bytes.</param>
    /// <param name="store">The installed models.</param>
    /// <param name="run">The folder of the training.</param>
    /// <param name="shape">The shape of the model, as it is told.</param>
    /// <param name="create">Writes it into a folder, with the tokenizer of another folder.</param>
    /// <exception cref="TrainingException">
    /// The model of the tokenizer is not found, or the training was begun with another shape.
    /// </exception>
    public static TrainedModel CreateOnce(
        string? tokenizer,
        ModelStore store,
        string run,
        string shape,
        Action<string, string?> create
    )
    {
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
