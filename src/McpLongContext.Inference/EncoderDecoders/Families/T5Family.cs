using System.Collections.Frozen;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>
/// T5 (Raffel et al., arXiv 1910.10683), T5 v1.1 and Flan-T5 (gated GELU, untied output) and mT5, which has their
/// architecture.
/// </summary>
internal sealed class T5Family : IEncoderDecoderFamily
{
    /// <summary>Relative positions reach any distance; a window is bounded by the RAM of its scores alone.</summary>
    private const int MaxPositions = 1 << 16;

    /// <summary>The window that all published checkpoints were trained with.</summary>
    private const int TrainedWindow = 512;

    /// <inheritdoc />
    public IReadOnlyList<string> ModelTypes { get; } = ["t5", "mt5"];

    /// <inheritdoc />
    public IReadOnlySet<string> NeutralFields { get; } =
        FrozenSet.Create(
            StringComparer.Ordinal,
            ["dropout_rate", "initializer_factor", "output_past", "is_gated_act", "dense_act_fn"]
        );

    /// <inheritdoc />
    public EncoderDecoderConfig Read(JsonFields fields)
    {
        var vocabulary = fields.Dimension("vocab_size", 32_128);
        var hidden = fields.Dimension("d_model", 512);
        var heads = fields.Dimension("num_heads", 8);
        var headDim = fields.Dimension("d_kv", 64);
        var intermediate = fields.Dimension("d_ff", 2048);
        var layers = fields.Dimension("num_layers", 6);
        var buckets = fields.Dimension("relative_attention_num_buckets", 32);
        if (buckets < 4 || buckets % 2 != 0)
        {
            throw fields.Wrong("relative_attention_num_buckets", "an even number of 4 or more");
        }

        var distance = fields.Dimension("relative_attention_max_distance", 128);
        if (distance <= buckets / 2)
        {
            throw fields.Wrong("relative_attention_max_distance", $"more than half of the buckets, {buckets / 2}");
        }

        var isFirst = fields.Text("model_type") == "t5";
        var isTied = fields.Flag("tie_word_embeddings") ?? isFirst;
        return new EncoderDecoderConfig
        {
            Architecture = fields.Text("model_type")!,
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            Encoder = new StackConfig(layers, heads, headDim, intermediate),
            Decoder = new StackConfig(fields.Dimension("num_decoder_layers", layers), heads, headDim, intermediate),
            Window = fields.Dimension("n_positions", TrainedWindow),
            MaxPositions = MaxPositions,
            RelativePositions = new RelativePositions(buckets, distance),
            IsPreNorm = true,
            NormEpsilon = fields.Epsilon("layer_norm_epsilon", 1e-6),
            HasBias = false,
            FeedForward = (fields.Text("feed_forward_proj") ?? (isFirst ? "relu" : "gated-gelu")) switch
            {
                "relu" => FeedForwardFunction.Relu,
                "gated-gelu" => FeedForwardFunction.GatedTanhGelu,
                _ => throw fields.Wrong("feed_forward_proj", "relu or gated-gelu"),
            },
            // The first T5 scales the states before the output matrix that it shares with the embedding.
            OutputScale = (fields.Flag("scale_decoder_outputs") ?? isTied) ? 1 / MathF.Sqrt(hidden) : 1,
            AttentionScale = 1,
            HasTiedOutput = isTied,
            End = fields.Token("eos_token_id", 1, vocabulary),
            TargetBegin = fields.Token(
                "decoder_start_token_id",
                fields.Token("pad_token_id", 0, vocabulary),
                vocabulary
            ),
        };
    }

    /// <inheritdoc />
    public IFamilyNames Names(ITensorSource tensors, EncoderDecoderConfig config) =>
        new T5Names(tensors.Contains("shared.weight"), config.FeedForward == FeedForwardFunction.GatedTanhGelu);

    /// <inheritdoc />
    public Dictionary<string, object?> Write(EncoderDecoderConfig config) =>
        new(StringComparer.Ordinal)
        {
            ["model_type"] = config.Architecture,
            ["vocab_size"] = config.VocabularySize,
            ["d_model"] = config.HiddenSize,
            ["num_heads"] = config.Encoder.HeadCount,
            ["d_kv"] = config.Encoder.HeadDim,
            ["d_ff"] = config.Encoder.IntermediateSize,
            ["num_layers"] = config.Encoder.LayerCount,
            ["num_decoder_layers"] = config.Decoder.LayerCount,
            ["relative_attention_num_buckets"] = config.RelativePositions!.Buckets,
            ["relative_attention_max_distance"] = config.RelativePositions.MaxDistance,
            ["n_positions"] = config.Window,
            ["layer_norm_epsilon"] = config.NormEpsilon,
            ["feed_forward_proj"] = config.FeedForward == FeedForwardFunction.Relu ? "relu" : "gated-gelu",
            ["tie_word_embeddings"] = config.HasTiedOutput,
            ["scale_decoder_outputs"] = config.OutputScale != 1,
            ["eos_token_id"] = config.End,
            ["pad_token_id"] = config.TargetBegin,
            ["decoder_start_token_id"] = config.TargetBegin,
        };

    /// <inheritdoc />
    public IFamilyNames NewNames(EncoderDecoderConfig config) =>
        new T5Names(hasShared: true, config.FeedForward == FeedForwardFunction.GatedTanhGelu);

    private sealed class T5Names(bool hasShared, bool isGated) : IFamilyNames
    {
        private const string Encoder = "encoder.embed_tokens";
        private const string Decoder = "decoder.embed_tokens";

        public string Embedding => hasShared ? "shared" : Encoder;

        public string Output => "lm_head";

        public string? OutputBias => null;

        public StackNames Stack(bool isDecoder)
        {
            var stack = isDecoder ? "decoder" : "encoder";
            return new StackNames
            {
                Positions = $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias",
                OutputNorm = $"{stack}.final_layer_norm",
                SelfAttention = layer => Attention(layer, 0, "SelfAttention"),
                CrossAttention = isDecoder ? layer => Attention(layer, 1, "EncDecAttention") : null,
                FeedForward = layer =>
                {
                    var sublayer = $"{stack}.block.{layer}.layer.{(isDecoder ? 2 : 1)}";
                    var network = $"{sublayer}.DenseReluDense";
                    return new FeedForwardNames(
                        $"{sublayer}.layer_norm",
                        $"{network}.wi_0",
                        isGated ? $"{network}.wi_1" : $"{network}.wi",
                        $"{network}.wo"
                    );
                },
            };

            AttentionNames Attention(int layer, int sublayer, string name)
            {
                var start = $"{stack}.block.{layer}.layer.{sublayer}";
                return new AttentionNames(
                    $"{start}.layer_norm",
                    $"{start}.{name}.q",
                    $"{start}.{name}.k",
                    $"{start}.{name}.v",
                    $"{start}.{name}.o"
                );
            }
        }

        // Old files have a table of positions for cross-attention, which has none.
        public bool IsIgnored(string name) =>
            name is $"{Encoder}.weight" or $"{Decoder}.weight"
            || name.EndsWith("EncDecAttention.relative_attention_bias.weight", StringComparison.Ordinal);
    }
}
