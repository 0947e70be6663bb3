using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Tests.Shared;

/// <summary>A tiny random encoder-decoder with what the float64 reference computes; see tools/golden/encoder_decoder.</summary>
/// <param name="Name">The model.</param>
/// <param name="Config">Its <c>config.json</c>.</param>
/// <param name="Tensors">Its tensors, whose values follow from their names.</param>
/// <param name="Source">Tokens of a source.</param>
/// <param name="Target">Tokens of a target, from the one that begins it on.</param>
/// <param name="States">[source, hidden] in base 64: the encoder's states.</param>
/// <param name="Logits">[target, vocabulary] in base 64.</param>
/// <param name="Searches">Beam searches and what they find.</param>
internal sealed record TinyEncoderDecoder(
    string Name,
    JsonObject Config,
    IReadOnlyList<TinyEncoderDecoder.Tensor> Tensors,
    int[] Source,
    int[] Target,
    string States,
    string Logits,
    IReadOnlyList<TinyEncoderDecoder.Search> Searches
)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private static readonly Lazy<IReadOnlyList<TinyEncoderDecoder>> s_all = new(() =>
        JsonSerializer.Deserialize<List<TinyEncoderDecoder>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "GoldenData", "encoder-decoder.json")),
            s_json
        )!
    );

    /// <summary>All models.</summary>
    public static IReadOnlyList<TinyEncoderDecoder> All => s_all.Value;

    /// <summary>[source, hidden].</summary>
    public float[] ExpectedStates => Floats(States);

    /// <summary>[target, vocabulary].</summary>
    public float[] ExpectedLogits => Floats(Logits);

    /// <summary>A model.</summary>
    public static TinyEncoderDecoder Of(string name) => All.Single(one => one.Name == name);

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="rename">The name of each tensor in the file; null leaves it out.</param>
    public void Write(string folder, Func<string, string?>? rename = null)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), Config.ToJsonString());
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        var entries = Tensors
            .Select(tensor => (Name: rename is null ? tensor.Name : rename(tensor.Name), Tensor: tensor))
            .Where(one => one.Name is not null)
            .Select(one => new SafetensorsEntry(one.Name!, one.Tensor.Shape, one.Tensor.Values));
        SafetensorsWriter.Write(file, [.. entries], new Dictionary<string, string>());
    }

    private static float[] Floats(string base64) =>
        MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(base64)).ToArray();

    /// <summary>A tensor: [-scale, scale), without a scale [0.5, 1.5).</summary>
    internal sealed record Tensor(string Name, int[] Shape, double? Scale)
    {
        public float[] Values =>
            NamedWeights.Uniform(
                Name,
                Shape.Aggregate(1, (size, one) => size * one),
                Scale ?? 0.5,
                Scale is null ? 1 : 0
            );
    }

    /// <summary>A beam search and what it finds.</summary>
    internal sealed record Search(
        int Beams,
        double Penalty,
        int Ngram,
        int Least,
        int Most,
        bool Early,
        int? ForcedBegin,
        int? ForcedEnd,
        int[] Tokens,
        double Score
    );
}
