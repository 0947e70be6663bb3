using System.Text.Json.Nodes;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>The settings that decide which tensors a model has, and their sizes.</summary>
internal sealed record FamilyShape(
    int Vocabulary,
    int Hidden,
    int Intermediate,
    int Layers,
    int Heads,
    int KeyValueHeads,
    int HeadDim,
    bool IsTied,
    bool HasQueryKeyValueBias,
    bool HasOutputBias,
    bool HasFeedForwardBias,
    bool HasQueryKeyNorm
)
{
    /// <summary>The shape that a configuration asks for, of a family that reads its fields.</summary>
    public static FamilyShape Of(JsonObject config)
    {
        var family = (string)config["model_type"]!;
        var heads = Integer("num_attention_heads");
        var hasBias = family is "llama" or "qwen3" or "granite" && Flag("attention_bias");
        return new FamilyShape(
            Integer("vocab_size"),
            Integer("hidden_size"),
            Integer("intermediate_size"),
            Integer("num_hidden_layers"),
            heads,
            config["num_key_value_heads"] is { } found ? (int)found : heads,
            config["head_dim"] is { } width ? (int)width : Integer("hidden_size") / heads,
            Flag("tie_word_embeddings"),
            hasBias || family == "qwen2",
            hasBias,
            family is "llama" or "granite" && Flag("mlp_bias"),
            family == "qwen3"
        );

        int Integer(string name) => (int)config[name]!;

        bool Flag(string name) => config[name] is { } flag && (bool)flag;
    }
}
