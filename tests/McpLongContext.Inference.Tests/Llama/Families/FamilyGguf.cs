using System.Text.Json.Nodes;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>A tiny model of a family as a GGUF file.</summary>
internal static class FamilyGguf
{
    private const uint UInt32 = 4;
    private const uint Float32 = 6;

    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["embed_tokens"] = "token_embd",
        ["norm"] = "output_norm",
        ["lm_head"] = "output",
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    /// <summary>Describes a model.</summary>
    /// <param name="config">Its configuration, of which dimensions, epsilon, base and multipliers are taken.</param>
    public static GgufBuilder Of(JsonObject config)
    {
        var shape = FamilyShape.Of(config);
        var architecture = (string)config["model_type"]! is "mistral" ? "llama" : (string)config["model_type"]!;
        var file = new GgufBuilder().Text("general.architecture", architecture);
        Integer("vocab_size", shape.Vocabulary);
        Integer("embedding_length", shape.Hidden);
        Integer("block_count", shape.Layers);
        Integer("feed_forward_length", shape.Intermediate);
        Integer("attention.head_count", shape.Heads);
        Integer("attention.head_count_kv", shape.KeyValueHeads);
        Integer("attention.key_length", shape.HeadDim);
        Integer("context_length", (int)config["max_position_embeddings"]!);
        Number("attention.layer_norm_rms_epsilon", "rms_norm_eps");
        Number("rope.freq_base", "rope_theta");
        Number("embedding_scale", "embedding_multiplier");
        Number("attention.scale", "attention_multiplier");
        Number("residual_scale", "residual_multiplier");
        Number("logit_scale", "logits_scaling");
        foreach (var (name, sizes, values) in FamilyWeights.Of(shape))
        {
            var isRotated =
                name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal);
            var stored =
                isRotated && architecture is "llama" or "granite" && isRotated
                    ? Neighbors(values, sizes, shape.HeadDim)
                    : values;
            file.Tensor(NameOf(name), 0, [.. sizes.Reverse().Select(size => (ulong)size)], GgufBuilder.Bytes(stored));
        }

        return file;

        void Integer(string key, int value) => file.Pair($"{architecture}.{key}", UInt32, GgufBuilder.Bytes(value));

        void Number(string key, string field)
        {
            if (config[field] is { } value)
            {
                file.Pair($"{architecture}.{key}", Float32, GgufBuilder.Bytes((float)(double)value));
            }
        }
    }

    private static string NameOf(string name)
    {
        var ending = name.EndsWith(".bias", StringComparison.Ordinal) ? ".bias" : ".weight";
        var plain = ending == ".bias" ? name[..^5] : name;
        if (!plain.StartsWith("layers.", StringComparison.Ordinal))
        {
            return s_names[plain] + ending;
        }

        var parts = plain.Split('.', 3);
        return $"blk.{parts[1]}.{s_names[parts[2]]}{ending}";
    }

    /// <summary>Rows in the order of pairs (i, i + d/2) to that of neighbors, (2i, 2i + 1).</summary>
    private static float[] Neighbors(float[] values, int[] sizes, int headDim)
    {
        var width = sizes.Length == 1 ? 1 : sizes[1];
        var stored = new float[values.Length];
        for (var row = 0; row < sizes[0]; row++)
        {
            var (head, i) = Math.DivRem(row, headDim);
            var half = headDim / 2;
            var target = (head * headDim) + (i < half ? 2 * i : (2 * (i - half)) + 1);
            values.AsSpan(row * width, width).CopyTo(stored.AsSpan(target * width));
        }

        return stored;
    }
}
