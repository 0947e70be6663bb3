using System.IO.Compression;
using System.Text.Json;
using static TorchSharp.torch;

namespace McpLongContext.Training.Loop;

/// <summary>
/// The file of a training to be continued: a header, parameters and moments in one ZIP file, which is replaced in one
/// step. A run that is killed at any instant continues from the last one.
/// </summary>
internal static class CheckpointArchive
{
    private const string State = "state.json";
    private const string Parameters = "parameters.bin";
    private const string Optimizer = "optimizer.bin";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">State of the training other than parameters and moments, as JSON.</param>
    /// <param name="parameters">The trained parameters, float32, of any shape.</param>
    /// <param name="saveMoments">Writes the state of the optimizer.</param>
    /// <exception cref="TrainingException">The checkpoint cannot be written; the earlier one stays.</exception>
    public static void Save<THeader>(
        string path,
        THeader header,
        IEnumerable<Tensor> parameters,
        Action<BinaryWriter> saveMoments
    ) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                Add(archive, State, entry => JsonSerializer.Serialize(entry.BaseStream, header));
                Add(archive, Parameters, entry => Write(entry, parameters));
                Add(archive, Optimizer, saveMoments);
            }
        );

    /// <summary>Continues from a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="require">Refuses a header of another model or of other settings.</param>
    /// <param name="parameters">The parameters to be overwritten, in the order of <see cref="Save"/>.</param>
    /// <param name="loadMoments">Reads the state of the optimizer.</param>
    /// <returns>The header.</returns>
    /// <exception cref="TrainingException">The checkpoint is damaged, or refused.</exception>
    public static THeader Load<THeader>(
        string path,
        Action<THeader> require,
        IEnumerable<Tensor> parameters,
        Action<BinaryReader> loadMoments
    )
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            using var state = Open(archive, State);
            var header =
                JsonSerializer.Deserialize<THeader>(state.BaseStream)
                ?? throw new InvalidDataException($"{State} is empty.");
            require(header);
            using var frozen = no_grad();
            using var values = Open(archive, Parameters);
            foreach (var parameter in parameters)
            {
                using var stored = tensor(Read(values, (int)parameter.numel())).reshape(parameter.shape);
                parameter.copy_(stored);
            }

            using var moments = Open(archive, Optimizer);
            loadMoments(moments);
            return header;
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

    private static void Write(BinaryWriter writer, IEnumerable<Tensor> parameters)
    {
        foreach (var parameter in parameters)
        {
            foreach (var value in parameter.detach().data<float>())
            {
                writer.Write(value);
            }
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

    private static void Add(ZipArchive archive, string name, Action<BinaryWriter> write)
    {
        using var writer = new BinaryWriter(archive.CreateEntry(name, CompressionLevel.NoCompression).Open());
        write(writer);
    }

    private static BinaryReader Open(ZipArchive archive, string name)
    {
        using var entry = (archive.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing.")).Open();
        var copy = new MemoryStream();
        entry.CopyTo(copy);
        copy.Position = 0;
        return new BinaryReader(copy);
    }
}
