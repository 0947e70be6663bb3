using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>Random weights in the shape of a published BART, which serve for speed alone.</summary>
/// <param name="Layers">Layers of each stack.</param>
/// <param name="Width">Width of a hidden state.</param>
/// <param name="Heads">Attention heads.</param>
internal sealed record RandomEncoderDecoder(int Layers, int Width, int Heads)
{
    private const int Vocabulary = 50_265;
    private const int Positions = 1024;
    private const float Deviation = 0.05f;

    private static readonly string[] s_projections = ["q", "k", "v", "out"];

    /// <summary>The shape of a published model.</summary>
    public static RandomEncoderDecoder? Of(string name) =>
        name switch
        {
            "bart-base" => new RandomEncoderDecoder(6, 768, 12),
            "bart-large" => new RandomEncoderDecoder(12, 1024, 16),
            _ => null,
        };

    /// <summary>Writes configuration and weights.</summary>
    public void Write(string folder)
    {
        var config = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["model_type"] = "bart",
            ["vocab_size"] = Vocabulary,
            ["d_model"] = Width,
            ["max_position_embeddings"] = Positions,
        };
        foreach (var stack in (string[])["encoder", "decoder"])
        {
            config[$"{stack}_layers"] = Layers;
            config[$"{stack}_attention_heads"] = Heads;
            config[$"{stack}_ffn_dim"] = 4 * Width;
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config));
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        SafetensorsWriter.Write(file, [.. Tensors()], new Dictionary<string, string>());
    }

    private IEnumerable<SafetensorsEntry> Tensors()
    {
        yield return Matrix("model.shared.weight", Vocabulary, Width);
        foreach (var stack in (string[])["encoder", "decoder"])
        {
            yield return Matrix($"model.{stack}.embed_positions.weight", Positions + 2, Width);
            foreach (var part in Norm($"model.{stack}.layernorm_embedding"))
            {
                yield return part;
            }

            for (var layer = 0; layer < Layers; layer++)
            {
                var start = $"model.{stack}.layers.{layer}.";
                string[] attentions = stack == "encoder" ? ["self_attn"] : ["self_attn", "encoder_attn"];
                var parts = attentions
                    .SelectMany(name =>
                        s_projections.SelectMany(one => Affine($"{start}{name}.{one}_proj", Width, Width))
                    )
                    .Concat(attentions.SelectMany(name => Norm($"{start}{name}_layer_norm")))
                    .Concat(Affine($"{start}fc1", 4 * Width, Width))
                    .Concat(Affine($"{start}fc2", Width, 4 * Width))
                    .Concat(Norm($"{start}final_layer_norm"));
                foreach (var part in parts)
                {
                    yield return part;
                }
            }
        }
    }

    private static IEnumerable<SafetensorsEntry> Affine(string name, int outputs, int inputs) =>
        [Matrix($"{name}.weight", outputs, inputs), new($"{name}.bias", [outputs], new float[outputs])];

    private IEnumerable<SafetensorsEntry> Norm(string name)
    {
        var ones = new float[Width];
        Array.Fill(ones, 1);
        return [new($"{name}.weight", [Width], ones), new($"{name}.bias", [Width], new float[Width])];
    }

    private static SafetensorsEntry Matrix(string name, int rows, int columns)
    {
        var random = new Random(name.Aggregate(17, (seed, letter) => unchecked((seed * 31) + letter)));
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++)
        {
            // The sum of three uniform numbers is nearly normal.
            values[i] = Deviation * 2 * (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f);
        }

        return new SafetensorsEntry(name, [rows, columns], values, IsHalf: true);
    }
}
