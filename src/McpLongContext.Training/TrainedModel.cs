using System.Security.Cryptography;
using McpLongContext.Inference.Models;

namespace McpLongContext.Training;

/// <summary>The model to be trained: an installed one, or a folder.</summary>
/// <param name="Name">The name that it is installed under, or that of the folder.</param>
/// <param name="Folder">The model's folder.</param>
/// <param name="Weights">The SHA-256 of the file of its weights, the largest, in lower-case hexadecimal.</param>
internal sealed record TrainedModel(string Name, string Folder, string Weights)
{
    /// <summary>Finds a model.</summary>
    /// <param name="name">A name of <c>models list</c>, or the path of a folder.</param>
    /// <param name="store">The installed models.</param>
    /// <exception cref="TrainingException">There is none.</exception>
    public static TrainedModel Find(string name, ModelStore store)
    {
        var installed = store.List();
        if (store.Find(name) is { } folder && installed.FirstOrDefault(model => model.Folder == folder) is { } model)
        {
            return new TrainedModel(model.Name, folder, model.Entry.Files.MaxBy(file => file.Size)!.Sha256!);
        }

        if (Directory.Exists(name) && new DirectoryInfo(name).GetFiles().MaxBy(file => file.Length) is { } weights)
        {
            using var stream = weights.OpenRead();
            return new TrainedModel(
                Path.GetFileName(Path.TrimEndingDirectorySeparator(name)),
                Path.GetFullPath(name),
                Convert.ToHexStringLower(SHA256.HashData(stream))
            );
        }

        var names = installed.Count > 0 ? string.Join(", ", installed.Select(one => one.Name)) : "none";
        throw new TrainingException(
            $"There is no model '{name}'. Installed: {names}. Install one (mcp-long-context models install {name}), or give "
                + "the path of a folder."
        );
    }
}
