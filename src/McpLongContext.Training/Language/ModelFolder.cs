using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Language;

/// <summary>Makes folders of models: one that begins from nothing, and one that takes another's place.</summary>
internal static class ModelFolder
{
    /// <summary>The feed-forward width by the width of a hidden state, as in Llama.</summary>
    private const double Expansion = 8 / 3.0;

    private static readonly string[] s_tokenizerFiles =
    [
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "generation_config.json",
        "chat_template.jinja",
        "tokenizer.bin",
        "spiece.model",
    ];

    /// <summary>Writes a model of random weights.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="tokenizer">A folder with the tokenizer to take over; null: one of bytes.</param>
    /// <param name="seed">Chooses the weights.</param>
    /// <exception cref="TrainingException">The tokenizer cannot be taken over.</exception>
    public static void Create(string folder, ModelShape shape, string? tokenizer, int seed)
    {
        if (tokenizer is null)
        {
            ByteTokenizer.Write(folder);
        }
        else
        {
            CopyTokenizer(tokenizer, folder);
        }

        var config = new DecoderConfig
        {
            Architecture = "llama",
            VocabularySize = ModelTokenizer.Load(folder).Vocabulary.Count,
            HiddenSize = shape.HiddenSize,
            LayerCount = shape.Layers,
            HeadCount = shape.Heads,
            KeyValueHeadCount = shape.KeyValueHeads,
            HeadDim = shape.HiddenSize / shape.Heads,
            IntermediateSize = (int)Math.Ceiling(shape.HiddenSize * Expansion / 32) * 32,
            ContextLength = shape.Window,
            RmsNormEpsilon = 1e-5f,
            HasTiedOutput = true,
        };
        AtomicFile.Write(
            Path.Combine(folder, DecoderCheckpointWriter.ConfigName),
            stream => DecoderCheckpointWriter.WriteConfig(stream, config)
        );
        var random = new Random(seed);
        Write(folder, config, (kind, layer) => Start(config, kind, layer, random));
    }

    /// <summary>Writes what describes a model beside its weights, as another one has it.</summary>
    /// <param name="source">The folder of that one.</param>
    /// <param name="folder">The folder to write to.</param>
    /// <exception cref="TrainingException">Something is described in a way that cannot be taken over.</exception>
    public static void CopyDescription(string source, string folder)
    {
        CopyTokenizer(source, folder);
        var config = Path.Combine(source, DecoderCheckpointWriter.ConfigName);
        if (File.Exists(config))
        {
            Copy(config, folder);
            return;
        }

        try
        {
            AtomicFile.Write(
                Path.Combine(folder, DecoderCheckpointWriter.ConfigName),
                stream => DecoderCheckpointWriter.WriteConfig(stream, DecoderConfig.Load(source))
            );
        }
        catch (NotSupportedException e)
        {
            throw new TrainingException($"{source}: {e.Message} Take the model's safetensors form.", e);
        }
    }

    /// <summary>Writes the weights of a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="read">Gives the elements of a tensor.</param>
    /// <exception cref="TrainingException">The file cannot be written; the earlier one stays.</exception>
    public static void Write(string folder, DecoderConfig config, Func<TensorKind, int, float[]> read) =>
        AtomicFile.Write(
            Path.Combine(folder, DecoderCheckpointWriter.WeightsName),
            stream => DecoderCheckpointWriter.WriteWeights(stream, config, read)
        );

    /// <summary>Copies the files of a tokenizer, and what a model's publishers recommend for generation.</summary>
    /// <param name="source">The folder of another model.</param>
    /// <param name="folder">The folder to write to.</param>
    /// <exception cref="TrainingException">There is no tokenizer, or none that can be taken over.</exception>
    public static void CopyTokenizer(string source, string folder)
    {
        string[] files = [.. s_tokenizerFiles.Select(name => Path.Combine(source, name)).Where(File.Exists)];
        if (!files.Any(file => Path.GetFileName(file) is "tokenizer.json" or "tokenizer.bin" or "spiece.model"))
        {
            throw new TrainingException(
                $"{source}: no tokenizer found that can be taken over, expected tokenizer.json, tokenizer.bin or spiece.model."
            );
        }

        foreach (var file in files)
        {
            Copy(file, folder);
        }
    }

    /// <summary>Copies a file.</summary>
    public static void Copy(string file, string folder) =>
        AtomicFile.Copy(file, Path.Combine(folder, Path.GetFileName(file)));

    /// <summary>
    /// Norms begin at 1 and matrices at normal numbers of deviation 0.02, those that add to the state smaller by the root
    /// of how many there are (GPT-2, Radford et al., 2019).
    /// </summary>
    private static float[] Start(DecoderConfig config, TensorKind kind, int layer, Random random)
    {
        var shape = DecoderCheckpointWriter.Tensors(config).First(one => (one.Kind, one.Layer) == (kind, layer)).Shape;
        var values = new float[shape.Aggregate(1, (size, dimension) => size * dimension)];
        if (shape.Count == 1)
        {
            Array.Fill(values, 1);
            return values;
        }

        var adds = kind is TensorKind.AttentionOutput or TensorKind.Down;
        var deviation = 0.02 / (adds ? Math.Sqrt(2 * config.LayerCount) : 1);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(deviation * Seeds.Normal(random));
        }

        return values;
    }
}
