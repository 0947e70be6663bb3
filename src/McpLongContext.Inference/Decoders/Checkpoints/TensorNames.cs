using System.Globalization;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>How a format names the tensors of a decoder.</summary>
internal sealed class TensorNames
{
    private readonly Dictionary<TensorKind, string> _names;
    private readonly Predicate<string> _isIgnored;

    private TensorNames(Dictionary<TensorKind, string> names, Predicate<string> isIgnored)
    {
        _names = names;
        _isIgnored = isIgnored;
    }

    /// <summary>The names in safetensors files that the Transformers library writes.</summary>
    public static TensorNames HuggingFace { get; } =
        new(
            new()
            {
                [TensorKind.Embedding] = "model.embed_tokens.weight",
                [TensorKind.OutputNorm] = "model.norm.weight",
                [TensorKind.Output] = "lm_head.weight",
                [TensorKind.AttentionNorm] = "model.layers.{0}.input_layernorm.weight",
                [TensorKind.Query] = "model.layers.{0}.self_attn.q_proj.weight",
                [TensorKind.QueryBias] = "model.layers.{0}.self_attn.q_proj.bias",
                [TensorKind.QueryNorm] = "model.layers.{0}.self_attn.q_norm.weight",
                [TensorKind.Key] = "model.layers.{0}.self_attn.k_proj.weight",
                [TensorKind.KeyBias] = "model.layers.{0}.self_attn.k_proj.bias",
                [TensorKind.KeyNorm] = "model.layers.{0}.self_attn.k_norm.weight",
                [TensorKind.Value] = "model.layers.{0}.self_attn.v_proj.weight",
                [TensorKind.ValueBias] = "model.layers.{0}.self_attn.v_proj.bias",
                [TensorKind.AttentionOutput] = "model.layers.{0}.self_attn.o_proj.weight",
                [TensorKind.AttentionOutputBias] = "model.layers.{0}.self_attn.o_proj.bias",
                [TensorKind.FeedForwardNorm] = "model.layers.{0}.post_attention_layernorm.weight",
                [TensorKind.Gate] = "model.layers.{0}.mlp.gate_proj.weight",
                [TensorKind.GateBias] = "model.layers.{0}.mlp.gate_proj.bias",
                [TensorKind.Up] = "model.layers.{0}.mlp.up_proj.weight",
                [TensorKind.UpBias] = "model.layers.{0}.mlp.up_proj.bias",
                [TensorKind.Down] = "model.layers.{0}.mlp.down_proj.weight",
                [TensorKind.DownBias] = "model.layers.{0}.mlp.down_proj.bias",
            },
            // Old files carry the rotary frequencies, which the configuration determines.
            name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        );

    /// <summary>The names in GGUF files.</summary>
    public static TensorNames Gguf { get; } =
        new(
            new()
            {
                [TensorKind.Embedding] = "token_embd.weight",
                [TensorKind.OutputNorm] = "output_norm.weight",
                [TensorKind.Output] = "output.weight",
                [TensorKind.AttentionNorm] = "blk.{0}.attn_norm.weight",
                [TensorKind.Query] = "blk.{0}.attn_q.weight",
                [TensorKind.QueryBias] = "blk.{0}.attn_q.bias",
                [TensorKind.QueryNorm] = "blk.{0}.attn_q_norm.weight",
                [TensorKind.Key] = "blk.{0}.attn_k.weight",
                [TensorKind.KeyBias] = "blk.{0}.attn_k.bias",
                [TensorKind.KeyNorm] = "blk.{0}.attn_k_norm.weight",
                [TensorKind.Value] = "blk.{0}.attn_v.weight",
                [TensorKind.ValueBias] = "blk.{0}.attn_v.bias",
                [TensorKind.AttentionOutput] = "blk.{0}.attn_output.weight",
                [TensorKind.AttentionOutputBias] = "blk.{0}.attn_output.bias",
                [TensorKind.FeedForwardNorm] = "blk.{0}.ffn_norm.weight",
                [TensorKind.Gate] = "blk.{0}.ffn_gate.weight",
                [TensorKind.GateBias] = "blk.{0}.ffn_gate.bias",
                [TensorKind.Up] = "blk.{0}.ffn_up.weight",
                [TensorKind.UpBias] = "blk.{0}.ffn_up.bias",
                [TensorKind.Down] = "blk.{0}.ffn_down.weight",
                [TensorKind.DownBias] = "blk.{0}.ffn_down.bias",
            },
            name => name is GgufLlama.RotaryDivisors
        );

    /// <summary>The name of a tensor.</summary>
    public string Of(TensorKind kind, int layer) => string.Format(CultureInfo.InvariantCulture, _names[kind], layer);

    /// <summary>Whether a tensor may be left unread.</summary>
    public bool IsIgnored(string name, DecoderConfig config) =>
        _isIgnored(name) || (config.HasTiedOutput && name == _names[TensorKind.Output]);
}
