using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>A folder with a tiny model of a family, which vanishes with the test.</summary>
internal sealed class FamilyFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("family-");

    /// <summary>Where it stands.</summary>
    public string FullName => _folder.FullName;

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Writes the configuration.</summary>
    public FamilyFolder Configure(JsonObject config)
    {
        File.WriteAllText(this["config.json"], config.ToJsonString());
        return this;
    }

    /// <summary>Writes the weights as a safetensors file.</summary>
    public FamilyFolder Write(FamilyShape shape, string name = "model.safetensors")
    {
        WriteSafetensors(this[name], Named(shape));
        return this;
    }

    /// <summary>The tensors by the names of Transformers.</summary>
    public static List<(string Name, int[] Shape, float[] Values)> Named(FamilyShape shape) =>
        [
            .. FamilyWeights
                .Of(shape)
                .Select(tensor =>
                {
                    var name = tensor.Name == "lm_head" ? tensor.Name : "model." + tensor.Name;
                    return (
                        name.EndsWith(".bias", StringComparison.Ordinal) ? name : name + ".weight",
                        tensor.Shape,
                        tensor.Values
                    );
                }),
        ];

    /// <summary>Writes tensors in fp32.</summary>
    public static void WriteSafetensors(string path, IEnumerable<(string Name, int[] Shape, float[] Values)> tensors)
    {
        var header = new JsonObject();
        var data = new List<byte>();
        foreach (var (name, shape, values) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(data.Count, data.Count + (values.Length * sizeof(float))),
            };
            data.AddRange(GgufBuilder.Bytes(values));
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(path, [.. GgufBuilder.Bytes((ulong)json.Length), .. json, .. data]);
    }

    /// <summary>The perplexity of a text, in fp32.</summary>
    /// <exception cref="CheckpointException">The model cannot be used.</exception>
    public (double Perplexity, DecoderConfig Config, IReadOnlyList<string> Warnings) Measure(
        int[] tokens,
        string? file = null
    )
    {
        using var model = Decoder.Load(file is null ? FullName : this[file], Precision.Float32, threads: 1);
        using var run = model.CreateSession(threads: 1);
        var states = new float[tokens.Length * model.Config.HiddenSize];
        var logits = new float[tokens.Length * model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        var loss = 0.0;
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var row = logits.AsSpan(i * model.Config.VocabularySize, model.Config.VocabularySize).ToArray();
            var max = (double)row.Max();
            loss += max + Math.Log(row.Sum(logit => Math.Exp(logit - max))) - row[tokens[i + 1]];
        }

        return (Math.Exp(loss / (tokens.Length - 1)), model.Config, model.Warnings);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
