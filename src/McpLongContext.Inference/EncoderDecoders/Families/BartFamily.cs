using System.Collections.Frozen;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>BART (Lewis et al., arXiv 1910.13461): learned positions, norms after each sum, biases.</summary>
internal sealed class BartFamily : IEncoderDecoderFamily
{
    /// <summary>Rows of the table of positions before that of position 0.</summary>
    public const int PositionOffset = 2;

    private static readonly string[] s_embeddings = ["shared", "encoder.embed_tokens", "decoder.embed_tokens"];

    /// <inheritdoc />
    public IReadOnlyList<string> ModelTypes { get; } = ["bart"];

    /// <inheritdoc />
    public IReadOnlySet<string> NeutralFields { get; } =
        FrozenSet.Create(
            StringComparer.Ordinal,
            [
                "_num_labels",
                "activation_dropout",
                "classif_dropout",
                "decoder_layerdrop",
                "dropout",
                "encoder_layerdrop",
                "init_std",
                "num_hidden_layers",
                "output_past",
                "save_step",
                "forced_bos_token_id",
                "force_bos_token_to_be_generated",
            ]
        );

    /// <inheritdoc />
    public EncoderDecoderConfig Read(JsonFields fields)
    {
        fields.Require("normalize_before", expected: false, missing: false);
        fields.Require("normalize_embedding", expected: true, missing: true);
        fields.Require("add_final_layer_norm", expected: false, missing: false);
        fields.Require("add_bias_logits", expected: false, missing: false);
        fields.Require("static_position_embeddings", expected: false, missing: false);
        if ((fields.Integer("extra_pos_embeddings") ?? PositionOffset) != PositionOffset)
        {
            throw fields.Wrong("extra_pos_embeddings", $"{PositionOffset}");
        }

        var vocabulary = fields.Dimension("vocab_size", 50_265);
        var hidden = fields.Dimension("d_model", 1024);
        var positions = fields.Dimension("max_position_embeddings", 1024);
        var end = fields.Token("eos_token_id", 2, vocabulary);
        return new EncoderDecoderConfig
        {
            Architecture = fields.Text("model_type")!,
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            Encoder = Stack("encoder"),
            Decoder = Stack("decoder"),
            Window = positions,
            MaxPositions = positions,
            IsPreNorm = false,
            NormEpsilon = fields.Epsilon("layer_norm_eps", 1e-5),
            HasBias = true,
            FeedForward = (fields.Text("activation_function") ?? "gelu") switch
            {
                "gelu" => FeedForwardFunction.Gelu,
                "relu" => FeedForwardFunction.Relu,
                _ => throw fields.Wrong("activation_function", "gelu or relu"),
            },
            EmbeddingScale = (fields.Flag("scale_embedding") ?? false) ? MathF.Sqrt(hidden) : 1,
            HasTiedOutput = fields.Flag("tie_word_embeddings") ?? true,
            SourceBegin = fields.Token("bos_token_id", 0, vocabulary),
            End = end,
            TargetBegin = fields.Token("decoder_start_token_id", end, vocabulary),
        };

        StackConfig Stack(string name)
        {
            var heads = fields.Dimension($"{name}_attention_heads", 16);
            return hidden % heads == 0
                ? new StackConfig(
                    fields.Dimension($"{name}_layers", 12),
                    heads,
                    hidden / heads,
                    fields.Dimension($"{name}_ffn_dim", 4096)
                )
                : throw fields.Wrong($"{name}_attention_heads", $"a divisor of d_model, {hidden}");
        }
    }

    /// <inheritdoc />
    public IFamilyNames Names(ITensorSource tensors, EncoderDecoderConfig config)
    {
        // The model without its output matrix, as some repositories have it, writes shorter names.
        var start = tensors.Names.Any(name => name.StartsWith("model.", StringComparison.Ordinal)) ? "model." : "";
        var embedding = s_embeddings.FirstOrDefault(name => tensors.Contains($"{start}{name}.weight"), "shared");
        return new BartNames(start, $"{start}{embedding}", tensors.Contains(BartNames.Bias) ? BartNames.Bias : null);
    }

    /// <inheritdoc />
    public Dictionary<string, object?> Write(EncoderDecoderConfig config) =>
        new(StringComparer.Ordinal)
        {
            ["model_type"] = config.Architecture,
            ["vocab_size"] = config.VocabularySize,
            ["d_model"] = config.HiddenSize,
            ["max_position_embeddings"] = config.MaxPositions,
            ["encoder_layers"] = config.Encoder.LayerCount,
            ["encoder_attention_heads"] = config.Encoder.HeadCount,
            ["encoder_ffn_dim"] = config.Encoder.IntermediateSize,
            ["decoder_layers"] = config.Decoder.LayerCount,
            ["decoder_attention_heads"] = config.Decoder.HeadCount,
            ["decoder_ffn_dim"] = config.Decoder.IntermediateSize,
            ["activation_function"] = config.FeedForward == FeedForwardFunction.Gelu ? "gelu" : "relu",
            ["layer_norm_eps"] = config.NormEpsilon,
            ["scale_embedding"] = config.EmbeddingScale != 1,
            ["tie_word_embeddings"] = config.HasTiedOutput,
            ["bos_token_id"] = config.SourceBegin,
            ["eos_token_id"] = config.End,
            ["decoder_start_token_id"] = config.TargetBegin,
        };

    /// <inheritdoc />
    public IFamilyNames NewNames(EncoderDecoderConfig config) =>
        new BartNames("model.", "model.shared", OutputBias: null);

    private sealed record BartNames(string Start, string Embedding, string? OutputBias) : IFamilyNames
    {
        public const string Bias = "final_logits_bias";

        public string Output => "lm_head";

        public StackNames Stack(bool isDecoder)
        {
            var stack = Start + (isDecoder ? "decoder" : "encoder");
            return new StackNames
            {
                Positions = $"{stack}.embed_positions",
                EmbeddingNorm = $"{stack}.layernorm_embedding",
                SelfAttention = layer => Attention(layer, "self_attn"),
                CrossAttention = isDecoder ? layer => Attention(layer, "encoder_attn") : null,
                FeedForward = layer =>
                {
                    var start = $"{stack}.layers.{layer}";
                    return new FeedForwardNames($"{start}.final_layer_norm", "", $"{start}.fc1", $"{start}.fc2");
                },
            };

            AttentionNames Attention(int layer, string name)
            {
                var start = $"{stack}.layers.{layer}.{name}";
                return new AttentionNames(
                    $"{start}_layer_norm",
                    $"{start}.q_proj",
                    $"{start}.k_proj",
                    $"{start}.v_proj",
                    $"{start}.out_proj"
                );
            }
        }

        public bool IsIgnored(string name) =>
            name.EndsWith("shared.weight", StringComparison.Ordinal)
            || name.EndsWith("embed_tokens.weight", StringComparison.Ordinal);
    }
}
