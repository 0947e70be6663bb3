using System.IO.Compression;
using System.Text.Json;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

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
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save(
        string path,
        string weights,
        InfiniSettings settings,
        InfiniDecoder model,
        InfiniTrainer trainer
    ) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                Add(
                    archive,
                    State,
                    entry => JsonSerializer.Serialize(entry, new Header(weights, settings, trainer.State))
                );
                Add(
                    archive,
                    Parameters,
                    entry =>
                    {
                        using var writer = new BinaryWriter(entry);
                        foreach (var parameter in model.Changes.Concat(model.Gates))
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
    public static void Load(
        string path,
        string weights,
        InfiniSettings settings,
        InfiniDecoder model,
        InfiniTrainer trainer
    )
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            using var headerStream = Open(archive, State);
            var header =
                JsonSerializer.Deserialize<Header>(headerStream)
                ?? throw new InvalidDataException($"{State} is empty.");
            if (header.Model != weights)
            {
                throw new TrainingException(
                    $"{path} is of another model ({header.Model[..12]}..., not {weights[..12]}...). Give another --run, or "
                        + "the model that it was begun with."
                );
            }

            if (ShapeOf(header.Settings) != ShapeOf(settings))
            {
                throw new TrainingException(
                    $"{path} was begun with another adapter: {ShapeOf(header.Settings)}, not {ShapeOf(settings)}. Give that, "
                        + "or another --run to begin anew."
                );
            }

            using var frozen = no_grad();
            using var parameters = new BinaryReader(Open(archive, Parameters));
            foreach (var parameter in model.Changes.Concat(model.Gates))
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

    /// <summary>Settings that must stay when a training continues; all others may change, such as the steps.</summary>
    private static string ShapeOf(InfiniSettings settings) =>
        $"rule {settings.Adapter.Rule}, rank {settings.Adapter.Rank}, alpha {settings.Adapter.Alpha}, segments of "
        + $"{settings.SegmentTokens}";

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

    private sealed record Header(string Model, InfiniSettings Settings, TrainingState State);
}
