using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Language;
using McpLongContext.Training.Modules.EncoderDecoders;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>Makes folders of encoder-decoders that <c>models install</c> takes.</summary>
internal static class EncoderDecoderFolder
{
    private const string WeightsName = "model.safetensors";

    /// <summary>The search of a new model: n-grams of bytes do repeat.</summary>
    private static readonly Dictionary<string, object> s_search = new()
    {
        ["num_beams"] = 4,
        ["no_repeat_ngram_size"] = 0,
    };

    /// <summary>Writes a model of random weights.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="tokenizer">A folder with the tokenizer to take over; null: one of bytes.</param>
    /// <param name="seed">Chooses the weights.</param>
    /// <exception cref="TrainingException">The tokenizer cannot be taken over.</exception>
    public static void Create(string folder, EncoderDecoderShape shape, string? tokenizer, int seed)
    {
        if (tokenizer is null)
        {
            ByteTokenizer.Write(folder);
        }
        else
        {
            ModelFolder.CopyTokenizer(tokenizer, folder);
        }

        Write("generation_config.json", stream => JsonSerializer.Serialize(stream, s_search));
        var config = shape.ConfigOf(ModelTokenizer.Load(folder));
        Write(EncoderDecoder.ConfigName, stream => EncoderDecoderConfigWriter.Write(stream, config));
        using var model = EncoderDecoderModel.Create(config, seed);
        WriteWeights(folder, model);

        void Write(string name, Action<Stream> write) => AtomicFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Writes what describes a model beside its weights, as another one has it.</summary>
    /// <param name="source">The folder of that one.</param>
    /// <param name="folder">The folder to write to.</param>
    public static void CopyDescription(string source, string folder)
    {
        ModelFolder.CopyTokenizer(source, folder);
        ModelFolder.Copy(Path.Combine(source, EncoderDecoder.ConfigName), folder);
    }

    /// <summary>Writes the weights of a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void WriteWeights(string folder, EncoderDecoderModel model)
    {
        var entries = model
            .Weights.OrderBy(one => one.Key, StringComparer.Ordinal)
            .Select(one => new SafetensorsEntry(
                one.Key,
                [.. one.Value.shape.Select(dimension => (int)dimension)],
                one.Value.detach().data<float>().ToArray()
            ));
        AtomicFile.Write(
            Path.Combine(folder, WeightsName),
            stream =>
                SafetensorsWriter.Write(stream, [.. entries], new Dictionary<string, string> { ["format"] = "pt" })
        );
    }
}
