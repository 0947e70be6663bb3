using System.Text.Json;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

/// <summary>Data written by tools/golden/infini: a decoder's logits after each token and its memories at the end.</summary>
internal sealed record InfiniGolden(
    string Name,
    string Model,
    int[] Tokens,
    float[] Logits,
    InfiniGolden.HeadMemory[] Memories
)
{
    /// <summary>The hash of the model that the adapters are said to be for.</summary>
    public const string ModelHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public string AdapterPath => PathOf($"infini-{Name}.safetensors");

    public static InfiniGolden Read(string name)
    {
        using var file = File.OpenRead(PathOf("infini.json"));
        return JsonSerializer.Deserialize<InfiniGolden[]>(file, s_json)!.Single(golden => golden.Name == name);
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "GoldenData", file);

    /// <summary>M [headDim, headDim], a row for each dimension of a key, and z.</summary>
    internal sealed record HeadMemory(double[] Matrix, double[] Normalizer);
}
