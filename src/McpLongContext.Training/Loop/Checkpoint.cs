using System.IO.Compression;
using System.Text.Json;
using static TorchSharp.torch;

namespace McpLongContext.Training.Loop;

/// <summary>
/// A training to be continued: state, parameters and moments in one ZIP file, which is replaced in one step. A run that
/// is killed at any instant continues from the last one.
/// </summary>
internal static class Checkpoint
{
    public const string FileName = "checkpoint.zip";

    private const string State = "state.json";
    private const string Parameters = "parameters.bin";
    private const string Optimizer = "optimizer.bin";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The SHA-256 of the weights that training began with.</param>
    /// <param name="trainer">The training.</param>
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save(string path, string model, ITrainer trainer) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                Add(
                    archive,
                    State,
                    entry => JsonSerializer.Serialize(entry, new Header(model, trainer.Shape, trainer.State))
                );
                Add(
                    archive,
                    Parameters,
                    entry =>
                    {
                        using var writer = new BinaryWriter(entry);
                        foreach (var parameter in trainer.Parameters)
                        {
                            foreach (var value in parameter.detach().data<float>())
                            {
                                writer.Write(value);
                            }
                        }
                    }
                );
                Add(
                    archive,
                    Optimizer,
                    entry =>
                    {
                        using var writer = new BinaryWriter(entry);
                        trainer.Optimizer.Save(writer);
                    }
                );
            }
        );

    /// <summary>Continues from a checkpoint.</summary>
    /// <exception cref="TrainingException">
    /// The checkpoint is damaged, of another model or of other settings.
    /// </exception>
    public static void Load(string path, string model, ITrainer trainer)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            using var headerStream = Open(archive, State);
            var header =
                JsonSerializer.Deserialize<Header>(headerStream)
                ?? throw new InvalidDataException($"{State} is empty.");
            Require(path, header, model, trainer.Shape);
            using var frozen = no_grad();
            using var parameters = new BinaryReader(Open(archive, Parameters));
            foreach (var parameter in trainer.Parameters)
            {
                using var values = tensor(Read(parameters, (int)parameter.numel())).reshape(parameter.shape);
                parameter.copy_(values);
            }

            using var moments = new BinaryReader(Open(archive, Optimizer));
            trainer.Optimizer.Load(moments);
            trainer.State = header.State;
        }
        catch (Exception e)
            when (e is IOException or InvalidDataException or JsonException or UnauthorizedAccessException)
        {
            throw new TrainingException(
                $"{path} cannot be continued: {e.Message} Give another --run to begin anew.",
                e
            );
        }
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

    private static float[] Read(BinaryReader reader, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = reader.ReadSingle();
        }

        return values;
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        write(entry);
    }

    private static MemoryStream Open(ZipArchive archive, string name)
    {
        using var entry = (archive.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing.")).Open();
        var copy = new MemoryStream();
        entry.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }

    private sealed record Header(string Model, string Shape, TrainingState State);
}
