using McpLongContext.Inference.Decoders;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests;

/// <summary>Random decoders of two layers, four heads and two key/value heads, one of each family.</summary>
internal static class TinyModels
{
    public static IReadOnlyList<string> Families { get; } =
    ["llama", "llama3", "mistral", "qwen2", "qwen3", "granite", "linear", "yarn"];

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "tiny-llama", name);

    /// <summary>A model whose gates and changes are random: nothing is left as it was before training.</summary>
    public static InfiniDecoder Random(string name, AdapterSettings settings, ulong seed = 5)
    {
        // Of its own: tests run side by side.
        using var generator = new Generator(seed);
        var model = InfiniDecoder.Load(PathOf(name), settings);
        using var frozen = no_grad();
        foreach (var parameter in model.Changes)
        {
            parameter.add_(randn(parameter.shape, generator: generator) * 0.1);
        }

        foreach (var gate in model.Gates)
        {
            gate.copy_(randn(gate.shape, generator: generator));
        }

        return model;
    }

    /// <summary>Tokens of a model's vocabulary, the same for equal seeds.</summary>
    public static int[] Tokens(DecoderConfig config, int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabularySize))];
    }

    /// <summary>[1, segments, tokens].</summary>
    public static Tensor AsSegments(int[] tokens, int segmentTokens) =>
        tensor(tokens.Select(token => (long)token).ToArray()).reshape(1, -1, segmentTokens);
}
