using System.IO.Compression;
using System.Text.Json;
using static TorchSharp.torch;

namespace McpLongContext.Training.Bits;

/// <summary>
/// A training to be continued: progress, parameters and moments in one ZIP file, which is replaced in one step.
/// </summary>
internal static class BitCheckpoint
{
    public const string FileName = "bits-checkpoint.zip";

    private const string State = "state.json";
    private const string Parameters = "parameters.bin";
    private const string Optimizer = "optimizer.bin";

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save(string path, BitModule model, BitTrainer trainer, BitTrainingState state) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                Add(
                    archive,
                    State,
                    entry =>
                        JsonSerializer.Serialize(entry, new Header(model.Config.ToMetadata(), state, trainer.Chunks))
                );
                Add(
                    archive,
                    Parameters,
                    entry =>
                    {
                        using var writer = new BinaryWriter(entry);
                        foreach (var (_, parameter) in BitExport.Tensors(model))
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
                        trainer.Optimizer.save_state_dict(writer);
                    }
                );
            }
        );

    /// <summary>Continues from a checkpoint.</summary>
    /// <returns>How far it was.</returns>
    /// <exception cref="TrainingException">The checkpoint is damaged, or of a model of other dimensions.</exception>
    public static BitTrainingState Load(string path, BitModule model, BitTrainer trainer)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            using var headerStream = Open(archive, State);
            var header =
                JsonSerializer.Deserialize<Header>(headerStream)
                ?? throw new InvalidDataException($"{State} is empty.");
            foreach (var (name, value) in model.Config.ToMetadata())
            {
                if (header.Model.GetValueOrDefault(name) is var found && found != value)
                {
                    throw new TrainingException(
                        $"{path} was begun with {name} {found}, not {value}. Give that, or another --run to begin anew."
                    );
                }
            }

            using var frozen = no_grad();
            using var parameters = new BinaryReader(Open(archive, Parameters));
            foreach (var (_, parameter) in BitExport.Tensors(model))
            {
                using var values = tensor(Read(parameters, (int)parameter.numel())).reshape(parameter.shape);
                parameter.copy_(values);
            }

            using var moments = new BinaryReader(Open(archive, Optimizer));
            trainer.Optimizer.load_state_dict(moments);
            trainer.Chunks = header.Chunks;
            return header.Progress;
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

    private sealed record Header(IReadOnlyDictionary<string, string> Model, BitTrainingState Progress, long Chunks);
}
